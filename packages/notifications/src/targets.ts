import * as z from 'zod';

/** Most messages in any 60 s, and how many of them at once, by what the channels document (2026-11). */
export const limits = {
  'wecom-robot': { perMinute: 20, burst: 5 },
  'wecom-app': { perMinute: 30, burst: 5 }, // per member; more is dropped without a word
  'feishu-robot': { perMinute: 100, burst: 3 }, // and 5 a second
  'dingtalk-robot': { perMinute: 20, burst: 5 }, // more blocks the robot for ten minutes
  slack: { perMinute: 60, burst: 5 },
  smtp: { perMinute: 60, burst: 10 },
  sms: { perMinute: 60, burst: 10 },
  webhook: { perMinute: 120, burst: 20 },
} as const;

export type Kind = keyof typeof limits;

const url = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });
const secret = z.string().min(1);
/** Standard Webhooks: base64 of 24 to 64 bytes. */
const signingSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, 'must be whsec_ and the base64 of 24 to 64 bytes');
const common = (kind: Kind) => ({
  rate: z.strictObject({ perMinute: z.int().min(2).max(6_000) }).default({ perMinute: limits[kind].perMinute }),
});
const http = (kind: Kind) => ({
  ...common(kind),
  // A receiver inside the own network, perhaps without TLS; otherwise private addresses are not connected to.
  allowPrivate: z.boolean().default(false),
});

export const Target = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('wecom-robot'),
      url: url.default('https://qyapi.weixin.qq.com/cgi-bin/webhook/send'),
      key: secret,
      ...http('wecom-robot'),
    }),
    z.strictObject({
      kind: z.literal('wecom-app'),
      url: url.default('https://qyapi.weixin.qq.com/cgi-bin/'),
      corpId: z.string().min(1),
      secret,
      agentId: z.int().nonnegative(),
      ...http('wecom-app'),
    }),
    z.strictObject({ kind: z.literal('feishu-robot'), url, secret: secret.optional(), ...http('feishu-robot') }),
    z.strictObject({ kind: z.literal('dingtalk-robot'), url, secret: secret.optional(), ...http('dingtalk-robot') }),
    z.strictObject({ kind: z.literal('slack'), url, ...http('slack') }),
    z.strictObject({
      kind: z.literal('smtp'),
      host: z.string().min(1),
      port: z.int().min(1).max(65_535).default(587),
      secure: z.boolean().default(false), // TLS from the first byte, as on port 465
      requireTls: z.boolean().default(true), // otherwise STARTTLS only where offered
      user: z.string().optional(),
      password: z.string().optional(),
      from: z.email(),
      ...common('smtp'),
    }),
    z.strictObject({ kind: z.literal('sms'), url, secret: signingSecret, ...http('sms') }),
    z.strictObject({ kind: z.literal('webhook'), url, secret: signingSecret, ...http('webhook') }),
  ])
  .superRefine((target, context) => {
    if ('url' in target && !target.allowPrivate && !target.url.startsWith('https:'))
      context.addIssue({ code: 'custom', path: ['url'], message: 'must be https unless allowPrivate is true' });
  });
export type Target = z.infer<typeof Target>;

/** By the name people's addresses refer to. */
export type Targets = Record<string, Target>;
export const TargetName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and hyphens');

/** NOTIFICATION_TARGETS as targets; every problem is one issue that names target and field, and never a value. */
export const targetsFromJson = z.string().transform((text, context): Targets => {
  if (text.trim() === '') return {};
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which holds secrets.
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
  const result = z.record(TargetName, Target).safeParse(json);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const path = issue.path.map(String).join('.');
    context.addIssue({ code: 'custom', message: path ? `${path} ${issue.message}` : issue.message });
  }
  return z.NEVER;
});

const chat = /^[\w.@-]{1,64}$/;
/** What an address is for each kind: on a robot whom to mention, elsewhere whom to reach. */
export const addresses: Record<Kind, { pattern: RegExp; is: string }> = {
  'wecom-robot': { pattern: /^(|@all|[\w.@-]{1,64})$/, is: 'the user id to mention, @all, or empty' },
  'wecom-app': { pattern: chat, is: 'a user id' },
  'feishu-robot': { pattern: /^(|all|ou_\w{1,64})$/, is: 'the open_id to mention, all, or empty' },
  'dingtalk-robot': { pattern: /^(|@all|\+?[\d-]{5,20})$/, is: 'the mobile number to mention, @all, or empty' },
  slack: {
    pattern: /^(|!channel|!here|[UW][A-Z0-9]{2,20})$/,
    is: 'the member id to mention, !channel, !here, or empty',
  },
  smtp: { pattern: /^[^\s@<>,;:"()[\]\\]{1,64}@[^\s@<>,;:"()[\]\\]{1,190}$/, is: 'an e-mail address' },
  sms: { pattern: /^\+?\d{5,16}$/, is: 'a telephone number' },
  webhook: { pattern: /^\P{Cc}{0,200}$/u, is: 'anything the receiver understands' },
};

/** What is wrong with an address for this kind of target, or null. */
export function addressProblem(kind: Kind, address: string): string | null {
  return addresses[kind].pattern.test(address) ? null : `must be ${addresses[kind].is}`;
}
