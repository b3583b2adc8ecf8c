import { createHash } from 'node:crypto';
import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import type { Event } from '@heard/events/event';
import type { ChangingRequest } from '@heard/service/audit-log';
import { NotFound } from '@heard/service/http';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import type { Command } from './case.ts';
import { type CaseFile, Desk } from './store.ts';
import { drainTimer } from './timers.ts';

export interface Sent {
  idempotencyKey?: string;
  /** The case version the sender saw. */
  ifMatch?: number;
}

export interface Answer {
  caseId: string;
  state: string;
  version: number;
  owner: string | null;
}

/** Carries out one command on one case, once: the same Idempotency-Key gives the same answer again. */
export async function command(
  service: Service,
  request: ChangingRequest,
  caseId: string,
  sent: Sent,
  build: (policy: VersionedPolicy, file: CaseFile) => Command,
): Promise<Answer> {
  return service.commit(request, async (tx) => {
    const policy = await service.policies.current(tx);
    const now = service.clock.now();
    const desk = await Desk.forCases(tx, now, [caseId]);
    const file = desk.files[0];
    if (!file) throw new NotFound('There is no such case.');
    const order = build(policy, file);
    const known = await answered(tx, sent.idempotencyKey, caseId, order);
    if (known) return { result: known, events: [], version: known.version };
    if (sent.ifMatch !== undefined && sent.ifMatch !== file.version) {
      throw new Rejection('version-conflict', `the case is at version ${file.version}, not ${sent.ifMatch}`);
    }
    const hadHand = file.owner;
    desk.apply(file, order, { correlationid: file.feedbackId });
    await desk.save();
    if (hadHand && ['park', 'resolve', 'close'].includes(order.do))
      await service.setTimers(tx, [drainTimer(now)], 'if-earlier');
    const answer = { caseId, state: file.state, version: file.version, owner: file.owner };
    await remember(tx, sent.idempotencyKey, caseId, order, answer, now);
    const events: Event[] = desk.events;
    return { result: answer, events, version: file.version };
  });
}

async function answered(tx: Tx, key: string | undefined, caseId: string, order: Command): Promise<Answer | undefined> {
  if (!key) return undefined;
  const { rows } = await sql<{ fingerprint: string; answer: Answer }>`
    select fingerprint, answer from commands where idempotency_key = ${key}`.execute(tx);
  if (rows[0] && rows[0].fingerprint !== fingerprint(caseId, order)) {
    throw new Rejection('idempotency-key-reused', 'this Idempotency-Key was used for another command');
  }
  return rows[0]?.answer;
}

async function remember(tx: Tx, key: string | undefined, caseId: string, order: Command, answer: Answer, now: Date) {
  if (!key) return;
  await sql`insert into commands (idempotency_key, fingerprint, answer, at)
    values (${key}, ${fingerprint(caseId, order)}, ${JSON.stringify(answer)}::jsonb, ${now.toISOString()})`.execute(tx);
}

function fingerprint(caseId: string, order: Command): string {
  return createHash('sha256')
    .update(JSON.stringify([caseId, order]))
    .digest('base64url');
}
