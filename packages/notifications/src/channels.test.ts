import { createHmac } from 'node:crypto';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { afterEach, expect, test } from 'vitest';
import { openChannel } from './channel.ts';
import { openStub, type Received, type Reply } from './fixture-stub.ts';
import { type Channel, type Message, NotNow, Refused } from './message.ts';
import { isPublic, retryAfter } from './request.ts';
import { Target } from './targets.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const message: Message = {
  id: '5a1b2c3d-0000-8000-8000-000000000001',
  subject: 'P0：客户 @all 需要马上联系',
  lines: ['“<!channel> <at user_id="all"></at> [x](https://evil.example)”'],
  severity: 'page',
  link: 'https://heard.example/cases/7',
};
const text = [
  'P0：客户 ＠all 需要马上联系',
  '“＜!channel＞ ＜at user_id="all"＞＜/at＞ [x]（https://evil.example)”',
  'https://heard.example/cases/7',
  '#5a1b2c3d',
].join('\n');
const long: Message = { ...message, lines: ['好'.repeat(10_000)] };

async function stub(answer: (received: Received) => Reply) {
  const one = await openStub(answer);
  closing.push(() => one.close());
  return one;
}
function open(target: Record<string, unknown>): Channel {
  const channel = openChannel(Target.parse(target));
  closing.push(() => channel.close());
  return channel;
}
const verdict = (channel: Channel, address = '') =>
  channel.send(message, address).then(
    () => 'delivered',
    (error: unknown) => {
      if (error instanceof Refused) return `refused ${error.message}`;
      if (error instanceof NotNow) return `not now ${error.message} ${error.retryAfterMs ?? ''}`.trim();
      throw error;
    },
  );

test('WeCom robot: text of at most 2048 bytes, the key in the query, one mention; errcode decides', async () => {
  let errcode = 0;
  const { url, received } = await stub(() => ({ body: { errcode, errmsg: 'ok' } }));
  const channel = open({ kind: 'wecom-robot', url, key: 'k-1', allowPrivate: true });
  await channel.send(message, 'zhangsan');
  expect(received[0]!.method).toBe('POST');
  expect(received[0]!.headers['content-type']).toBe('application/json');
  expect(received[0]!.url.searchParams.get('key')).toBe('k-1');
  expect(received[0]!.body).toEqual({ msgtype: 'text', text: { content: text, mentioned_list: ['zhangsan'] } });
  await channel.send(long, '');
  const { content, mentioned_list } = received[1]!.body.text;
  expect(Buffer.byteLength(content)).toBeGreaterThan(2040);
  expect(Buffer.byteLength(content)).toBeLessThanOrEqual(2048);
  expect(content).toMatch(/好…\nhttps:\/\/heard\.example\/cases\/7\n#5a1b2c3d$/);
  expect(mentioned_list).toBeUndefined();
  errcode = 45009;
  expect(await verdict(channel)).toBe('not now wecom-robot: code 45009 60000');
  errcode = 93000;
  expect(await verdict(channel)).toBe('refused wecom-robot: code 93000');
});

test('WeCom app: one token for many messages, renewed when stale; a user it does not know is refused', async () => {
  let tokens = 0;
  let stale = '';
  let extra = {};
  const { url, received } = await stub((request) => {
    if (request.url.pathname === '/gettoken') {
      expect(Object.fromEntries(request.url.searchParams)).toEqual({ corpid: 'ww1', corpsecret: 's' });
      return { body: { errcode: 0, access_token: `t${++tokens}`, expires_in: 7200 } };
    }
    const token = request.url.searchParams.get('access_token');
    return { body: token === stale ? { errcode: 42001 } : { errcode: 0, msgid: `m-${token}`, ...extra } };
  });
  const target = { kind: 'wecom-app', url, corpId: 'ww1', secret: 's', agentId: 7, allowPrivate: true };
  const channel = open(target);
  const both = await Promise.all([channel.send(message, 'li'), channel.send(message, 'wang')]);
  expect(both).toEqual([{ reference: 'm-t1' }, { reference: 'm-t1' }]);
  const sent = received.find((one) => one.url.pathname === '/message/send' && one.body.touser === 'li')!;
  expect(sent.body).toEqual({
    touser: 'li',
    agentid: 7,
    msgtype: 'text',
    text: { content: text },
    enable_duplicate_check: 1,
    duplicate_check_interval: 14_400,
  });
  stale = 't1';
  expect(await channel.send(message, 'li')).toEqual({ reference: 'm-t2' });
  expect(tokens).toBe(2);
  extra = { invaliduser: 'li' };
  expect(await verdict(channel, 'li')).toMatch(/^refused wecom-app: no such user/);
});

test('WeCom app: a wrong secret is refused, a busy token server is not', async () => {
  let errcode = 40001;
  const { url } = await stub(() => ({ body: { errcode } }));
  const channel = open({ kind: 'wecom-app', url, corpId: 'c', secret: 's', agentId: 1, allowPrivate: true });
  expect(await verdict(channel, 'li')).toBe('refused wecom-app: code 40001');
  errcode = -1;
  expect(await verdict(channel, 'li')).toBe('not now wecom-app: code -1 5000');
});

test('Feishu robot: key is seconds and secret, over nothing; code or StatusCode decides', async () => {
  let body: unknown = { StatusCode: 0 };
  let status = 200;
  const { url, received } = await stub(() => ({ status, body }));
  const channel = open({ kind: 'feishu-robot', url, secret: 'fs', allowPrivate: true });
  await channel.send(message, 'ou_1');
  const { timestamp, sign, ...rest } = received[0]!.body;
  expect(Math.abs(Number(timestamp) * 1000 - Date.now())).toBeLessThan(60_000);
  expect(sign).toBe(createHmac('sha256', `${timestamp}\nfs`).update('').digest('base64'));
  expect(rest).toEqual({ msg_type: 'text', content: { text: `<at user_id="ou_1"></at>\n${text}` } });
  await channel.send({ ...long, lines: ['"'.repeat(20_000)] }, '');
  expect(Buffer.byteLength(received[1]!.text)).toBeLessThan(20_000);
  body = { code: 19021, msg: 'sign match fail' };
  expect(await verdict(channel)).toBe('refused feishu-robot: code 19021');
  body = { code: 11232 };
  expect(await verdict(channel)).toBe('not now feishu-robot: code 11232 10000');
  status = 400;
  expect(await verdict(channel)).toBe('not now feishu-robot: code 11232 10000');
});

test('DingTalk robot: key is the secret, over milliseconds and secret; throttled means ten minutes', async () => {
  let errcode = 0;
  const { url, received } = await stub(() => ({ body: { errcode } }));
  const channel = open({
    kind: 'dingtalk-robot',
    url: `${url}robot/send?access_token=t`,
    secret: 'SEC+/=',
    allowPrivate: true,
  });
  await channel.send(message, '13800000000');
  const query = received[0]!.url.searchParams;
  expect(query.get('access_token')).toBe('t');
  expect(Math.abs(Number(query.get('timestamp')) - Date.now())).toBeLessThan(60_000);
  expect(query.get('sign')).toBe(
    createHmac('sha256', 'SEC+/=')
      .update(`${query.get('timestamp')}\nSEC+/=`)
      .digest('base64'),
  );
  expect(received[0]!.body).toEqual({
    msgtype: 'text',
    text: { content: `${text}\n@13800000000` },
    at: { atMobiles: ['13800000000'], isAtAll: false },
  });
  await channel.send(message, '@all');
  expect(received[1]!.body.at).toEqual({ atMobiles: [], isAtAll: true });
  errcode = 130101;
  expect(await verdict(channel)).toBe('not now dingtalk-robot: code 130101 600000');
  errcode = 310000;
  expect(await verdict(channel)).toBe('refused dingtalk-robot: code 310000');
});

test('Slack: a mention is the address only; 429 says when, a dead hook is refused', async () => {
  let reply: Reply = { body: 'ok' };
  const { url, received } = await stub(() => reply);
  const channel = open({ kind: 'slack', url, allowPrivate: true });
  await channel.send(message, 'U012AB3CD');
  expect(received[0]!.body).toEqual({ text: `<@U012AB3CD> ${text}`, unfurl_links: false, unfurl_media: false });
  await channel.send(message, '!channel');
  expect(received[1]!.body.text).toBe(`<!channel> ${text}`);
  reply = { status: 429, headers: { 'retry-after': '30' } };
  expect(await verdict(channel)).toBe('not now slack: HTTP 429 30000');
  reply = { status: 404, body: 'no_service' };
  expect(await verdict(channel)).toBe('refused slack: HTTP 404');
  reply = { body: '<html>log in to the Wi-Fi</html>' };
  expect(await verdict(channel)).toBe('not now slack: an answer that is none');
});

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

test('webhook and SMS gateway: Standard Webhooks, signed, with the message id as webhook-id', async () => {
  let reply: Reply = {};
  const { url, received } = await stub(() => reply);
  const hook = open({ kind: 'webhook', url, secret, allowPrivate: true });
  const sms = open({ kind: 'sms', url, secret, allowPrivate: true });
  await hook.send(message, 'desk');
  await sms.send(message, '+8613800000000');
  const bodies = received.map(({ text, headers }) => {
    expect(headers['webhook-id']).toBe(message.id);
    return new Webhook(secret).verify(text, headers as Record<string, string>);
  });
  const timestamp = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(bodies).toEqual([
    {
      type: 'notification.page',
      timestamp,
      data: { id: message.id, to: 'desk', subject: message.subject, text: message.lines[0], link: message.link },
    },
    {
      type: 'sms.requested',
      timestamp,
      data: { to: '+8613800000000', text: `${message.subject}\n${message.lines[0]}` },
    },
  ]);
  for (const [status, expected] of [
    [204, 'delivered'],
    [301, 'not now webhook: HTTP 301'],
    [401, 'refused webhook: HTTP 401'],
    [410, 'refused webhook: HTTP 410'],
    [503, 'not now webhook: HTTP 503'],
  ] as const) {
    reply = { status, headers: { location: url } };
    const before = received.length;
    expect(await verdict(hook)).toBe(expected);
    expect(received.length, 'redirects are not followed').toBe(before + 1);
  }
});

test('nobody there is not now, and the error holds no address and no key', async () => {
  const gone = await openStub(() => ({}));
  await gone.close();
  const channel = open({ kind: 'wecom-robot', url: gone.url, key: 'secret-key', allowPrivate: true });
  expect(await verdict(channel)).toBe('not now wecom-robot: no answer (ECONNREFUSED)');
});

test('an address that is not public is refused, by number or by name, before anything is sent', async () => {
  const { received, port } = await stub(() => ({ body: 'ok' }));
  for (const host of ['127.0.0.1', '0x7f000001', '[::ffff:127.0.0.1]', '169.254.169.254', '10.1.2.3', 'localhost']) {
    const channel = open({ kind: 'slack', url: `https://${host}:${port}/` });
    expect(await verdict(channel), host).toMatch(/^refused slack: the address is not public/);
  }
  expect(received).toEqual([]);
  expect(['8.8.8.8', '2606:4700::1111', 'fd00::1', '100.64.0.1', '64:ff9b::7f00:1'].map(isPublic)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('an address that would break out of its mention is refused before anything is sent', async () => {
  const { url, received } = await stub(() => ({ body: { code: 0 } }));
  const channel = open({ kind: 'feishu-robot', url, allowPrivate: true });
  expect(await verdict(channel, 'ou_1"></at><at user_id="all')).toMatch(/^refused feishu-robot: the address must be/);
  expect(received).toEqual([]);
});

test('Retry-After is seconds or a date', () => {
  const now = Date.parse('2026-10-01T00:00:00Z');
  expect(
    [undefined, '7', 'Thu, 01 Oct 2026 00:01:00 GMT', 'soon', '99999999'].map((one) => retryAfter(one, now)),
  ).toEqual([undefined, 7_000, 60_000, undefined, 86_400_000]);
});

test('SMTP: plain mail with a stable Message-ID; the answer of the server decides', async () => {
  const mails: { from: string; to: string[]; raw: string }[] = [];
  let refusal: { code: number } | undefined;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo(_address, _session, done) {
      done(refusal && Object.assign(new Error('no'), { responseCode: refusal.code }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map((one) => one.address),
          raw: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise<void>((resolve) => server.close(resolve)));
  const { port } = server.server.address() as { port: number };
  const target = { kind: 'smtp', host: '127.0.0.1', port, from: 'heard@heard.example' };
  const channel = open({ ...target, requireTls: false });
  await channel.send(
    { ...message, subject: 'P0\r\nBcc: thief@evil.example', lines: ['one', 'two <b>'] },
    'li@heard.example',
  );
  await channel.send(message, 'li@heard.example');
  expect(mails.map(({ from, to }) => ({ from, to }))).toEqual([
    { from: 'heard@heard.example', to: ['li@heard.example'] },
    { from: 'heard@heard.example', to: ['li@heard.example'] },
  ]);
  const [head, body] = mails[0]!.raw.split('\r\n\r\n') as [string, string];
  expect(head).toContain(`Message-ID: <${message.id}@heard.example>`);
  expect(head).toContain('Subject: P0 Bcc: thief@evil.example');
  expect(head).not.toMatch(/^Bcc:/m);
  expect(head).toMatch(/^Content-Type: text\/plain/m);
  expect(body).toContain('one\r\ntwo <b>');
  expect(mails[1]!.raw).toContain(`Message-ID: <${message.id}@heard.example>`);
  refusal = { code: 450 };
  expect(await verdict(channel, 'li@heard.example')).toBe('not now smtp: 450');
  refusal = { code: 550 };
  expect(await verdict(channel, 'li@heard.example')).toBe('refused smtp: 550');
  expect(await verdict(open(target), 'li@heard.example'), 'no TLS where it is required').toMatch(
    /^(not now|refused) smtp: /,
  );
});
