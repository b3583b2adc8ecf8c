import { Rejection } from '@heard/bus/rejection';
import { stableId } from '@heard/events/names';
import { text } from '@heard/events/vocabulary';
import { sql } from 'kysely';
import * as z from 'zod';
import type { Command } from './case.ts';
import type { Scene } from './commands.ts';
import { callRules } from './contact-time.ts';
import { readConversation } from './conversation.ts';
import { readCustomer } from './customers.ts';
import type { By } from './moves.ts';
import { promised, promiseShape } from './promises.ts';

const targets = { email: 'smtp', sms: 'sms' } as const;
/** Who may send what admits fault where a legal red line was crossed (A43). */
const approvers: readonly string[] = ['crisis-team', 'director'];

export const messageShape = {
  channel: z.enum(['email', 'sms']),
  subject: text(200).default(''),
  text: text(5000).min(1),
  promises: z.array(promiseShape).max(20).default([]),
};
type Body = z.infer<z.ZodObject<typeof messageShape>>;

/**
 * Writes to the customer. What the linter refuses is not sent; what is sent is the contact of a priority that may be
 * contacted on this channel, and an attempt for any other.
 */
export async function writeToCustomer(body: Body, { by, roles }: By, scene: Scene): Promise<Command> {
  const { tx, file, policy, now, deliveries } = scene;
  const { channel } = body;
  const customer = await readCustomer(tx, file.customerId);
  const address = channel === 'email' ? customer?.email : customer?.phone;
  const target = deliveries.targetOf(targets[channel]);
  if (!customer || !address) throw new Rejection('no-address', `no ${channel} address of this customer is known`);
  if (customer.optOuts.includes(channel)) throw new Rejection('opted-out', `the customer wants no ${channel}`);
  if (!target) throw new Rejection('no-target', `nothing that sends ${channel} is configured`);
  const rules = callRules(file, policy, now, null);
  if (channel === 'sms' && rules.window === null && file.priority !== 'P0') {
    throw new Rejection('quiet-hours', 'customers are not disturbed at this time of their day');
  }
  await mustBeSendable(body, roles, scene);

  const messageId = stableId('message', file.caseId, String(file.version));
  await sql`insert into messages (message_id, case_id, person_id, channel, body, at)
    values (${messageId}, ${file.caseId}, ${by}, ${channel}, ${body.text}, ${now.toISOString()})`.execute(tx);
  const { caseId } = file;
  await deliveries.queueCustomerMessage(tx, {
    caseId,
    purpose: messageId,
    target,
    address,
    subject: body.subject,
    text: body.text,
  });
  const allowed = policy.contact.channels[file.priority];
  if (!allowed.includes(channel)) return { do: 'attempt', channel, outcome: 'sent', by, rules };
  const promises = promised(file, body.promises);
  return { do: 'contact', channel, direction: 'outbound', by, at: now.toISOString(), allowed, promises };
}

async function mustBeSendable(body: Body, roles: By['roles'], { tx, file, policy }: Scene): Promise<void> {
  const words = await readConversation(tx, file.caseId);
  if (!words) return;
  const { rows } = await sql`select 1 from messages where case_id = ${file.caseId} limit 1`.execute(tx);
  const names = [words.customer.name, words.customer.honorific].filter((name) => name !== undefined);
  const openingRequired = rows.length === 0;
  const { conversation } = policy;
  const { lintDraft } = await import('./draft-linter.ts');
  const findings = lintDraft({ ...words, conversation, draft: body.text, names, openingRequired });
  const refused = findings.filter(({ severity }) => severity === 'refuse');
  const mayAdmit = roles.some((role) => approvers.includes(role));
  const standing = refused.filter(({ rule }) => rule !== 'admission' || !mayAdmit);
  if (standing.length > 0) {
    const rules = [...new Set(standing.map(({ rule }) => rule))].join(', ');
    throw new Rejection('draft-refused', `this is not sent: ${rules}; see what drafts/check finds`);
  }
}
