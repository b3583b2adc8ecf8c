import { createHash } from 'node:crypto';
import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import type { ChangingRequest } from '@heard/service/audit-log';
import { NotFound } from '@heard/service/http';
import type { VersionedPolicy } from '@heard/service/policies';
import { sql } from 'kysely';
import { Alerts } from './alerts.ts';
import type { Command } from './case.ts';
import { isLoad } from './case-state.ts';
import type { Assignment, Deliveries } from './deliveries.ts';
import { type CaseFile, Desk } from './store.ts';
import { drainTimer, finish } from './timers.ts';

export interface Sent {
  caseId: string;
  /** What was asked, for telling a repetition from another command with the same key. */
  name: string;
  body: unknown;
  idempotencyKey?: string;
  /** The case version the sender saw. */
  ifMatch?: number;
  /** Whose load the command may move besides the owner's; null: nobody's. */
  moves: readonly string[] | null;
}

/** What a command may be built from, besides what was sent. */
export interface Scene {
  tx: Tx;
  now: Date;
  policy: VersionedPolicy;
  file: CaseFile;
  desk: Desk;
  alerts: Alerts;
  deliveries: Deliveries;
}

export interface Answer {
  caseId: string;
  state: string;
  version: number;
  owner: string | null;
}

/** Carries out one command on one case, once: the same Idempotency-Key gives the same answer again. */
export async function command(
  service: Assignment,
  request: ChangingRequest,
  sent: Sent,
  build: (scene: Scene) => Command | Promise<Command>,
): Promise<Answer> {
  const { caseId, ifMatch } = sent;
  return service.commit(request, async (tx) => {
    const policy = await service.policies.current(tx);
    const now = service.clock.now();
    const desk = await Desk.forCases(tx, now, [caseId], sent.moves ? 'owners' : 'nobody', sent.moves ?? []);
    const file = desk.files[0];
    if (!file) throw new NotFound('There is no such case.');
    const known = await answered(tx, sent);
    if (known) return { result: known, events: [], record: caseId, version: known.version };
    if (ifMatch !== undefined && ifMatch !== file.version) {
      throw new Rejection('version-conflict', `the case is at version ${file.version}, not ${ifMatch}`);
    }
    const alerts = new Alerts(desk, policy);
    const order = await build({ tx, now, policy, file, desk, alerts, deliveries: service.deliveries });
    const hadHand = isLoad(file) ? file.owner : null;
    const cause = { correlationid: file.feedbackId };
    desk.apply(file, order, cause);
    if (order.do === 'request-callback') {
      await desk.readPeople();
      alerts.ofDanger(file, cause);
    }
    await finish(service, tx, desk, alerts, policy);
    if (hadHand && (!isLoad(file) || file.owner !== hadHand)) {
      await service.setTimers(tx, [drainTimer(now)], 'if-earlier');
    }
    const answer = { caseId, state: file.state, version: file.version, owner: file.owner };
    await remember(tx, sent, answer, now);
    return { result: answer, events: desk.events, record: caseId, version: file.version };
  });
}

async function answered(tx: Tx, sent: Sent): Promise<Answer | undefined> {
  if (!sent.idempotencyKey) return undefined;
  const { rows } = await sql<{ fingerprint: string; answer: Answer }>`
    select fingerprint, answer from commands where idempotency_key = ${sent.idempotencyKey}`.execute(tx);
  if (rows[0] && rows[0].fingerprint !== fingerprint(sent)) {
    throw new Rejection('idempotency-key-reused', 'this Idempotency-Key was used for another command');
  }
  return rows[0]?.answer;
}

async function remember(tx: Tx, sent: Sent, answer: Answer, now: Date): Promise<void> {
  if (!sent.idempotencyKey) return;
  await sql`insert into commands (idempotency_key, fingerprint, answer, at)
    values (${sent.idempotencyKey}, ${fingerprint(sent)}, ${JSON.stringify(answer)}::jsonb, ${now.toISOString()})`.execute(
    tx,
  );
}

function fingerprint({ caseId, name, body }: Sent): string {
  return createHash('sha256')
    .update(JSON.stringify([caseId, name, body]))
    .digest('base64url');
}
