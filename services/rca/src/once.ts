import { createHash, randomUUID } from 'node:crypto';
import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import type { Event } from '@heard/events/event';
import type { ChangingRequest } from '@heard/service/audit-log';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';

export const once = {
  headers: z.object({
    'idempotency-key': z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: 'The same key again makes nothing more and answers what was made.' }),
  }),
};

type CreatingRequest = ChangingRequest & { headers: { 'idempotency-key'?: string } };

/** Makes one thing and returns its id; the same Idempotency-Key of the same person returns what it made before. */
export function createOnce(
  { clock, commit }: Pick<Service, 'clock' | 'commit'>,
  request: CreatingRequest,
  work: (tx: Tx, id: string) => Promise<{ events: Event[]; version?: number }>,
): Promise<string> {
  return commit(request, async (tx) => {
    const id = randomUUID();
    const made = await claim(tx, request, id, clock.now());
    if (made !== id) return { result: made, events: [], record: made };
    return { result: id, record: id, ...(await work(tx, id)) };
  });
}

/** Whoever comes with the same key waits until the first has committed. */
async function claim(tx: Tx, request: CreatingRequest, id: string, now: Date): Promise<string> {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return id;
  const { personId } = request.principal;
  const asked = fingerprint(request);
  await sql`
    insert into commands (person_id, idempotency_key, fingerprint, made, at) values (${personId}, ${key}, ${asked}, ${id}, ${now.toISOString()})
    on conflict do nothing`.execute(tx);
  const { rows } = await sql<{ fingerprint: string; made: string }>`
    select fingerprint, made from commands where person_id = ${personId} and idempotency_key = ${key}`.execute(tx);
  const [known] = rows;
  if (known!.fingerprint !== asked) {
    throw new Rejection('idempotency-key-reused', 'this Idempotency-Key was used for another command');
  }
  return known!.made;
}

function fingerprint({ method, routeOptions, params, body }: ChangingRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([method, routeOptions.url, params, body]))
    .digest('base64url');
}
