import type { Database, Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { type Event, newEvent } from '@heard/events/event';
import { NotFound } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import type { Timer } from '@heard/service/timers';
import { type RawBuilder, sql } from 'kysely';
import { type Ended, endOf, type FlyWire, mayOpen } from './fly-wire.ts';

export interface FlyWireRow {
  flyWireId: string;
  kind: FlyWire['kind'];
  initiativeId: string | null;
  roles: string[];
  system: string | null;
  ceiling: { amount: number; currency: string } | null;
  highValueOnly: boolean;
  reason: string;
  openedBy: string;
  openedAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
  endedCause: Ended | null;
  endedBy: string | null;
}

export type Draft = Omit<FlyWireRow, 'openedAt' | 'endedAt' | 'endedCause' | 'endedBy'>;

/** Throws Rejection where it would be too long, or its initiative is over, NotFound where that is not there. */
export async function openFlyWire(service: Service, tx: Tx, draft: Draft): Promise<Event[]> {
  const now = service.clock.now();
  const policy = await service.policies.current(tx);
  mayOpen(draft, now, policy.rca.flyWires);
  const { flyWireId, kind, initiativeId, roles, system, ceiling, highValueOnly, openedBy: by } = draft;
  if (initiativeId !== null) await lockLive(tx, initiativeId);
  const [at, expiresAt] = [now.toISOString(), draft.expiresAt.toISOString()];
  await sql`
    insert into fly_wires (fly_wire_id, kind, initiative_id, roles, system, ceiling_minor, ceiling_currency, high_value_only, reason,
      opened_by, opened_at, expires_at)
    values (${flyWireId}, ${kind}, ${initiativeId}, ${roles}::text[], ${system}, ${ceiling?.amount ?? null}, ${ceiling?.currency ?? null},
      ${highValueOnly}, ${draft.reason}, ${by}, ${at}, ${expiresAt})`.execute(tx);
  await service.setTimers(tx, [{ kind: 'fly-wire', key: flyWireId, dueAt: draft.expiresAt }]);
  const scope = { ...(system === null ? {} : { system }), ...(ceiling === null ? {} : { ceiling }) };
  const data = { flyWireId, initiativeId, at, kind, roles, ...scope, highValueOnly, expiresAt, by };
  return [newEvent('fly-wire.opened', flyWireId, data, now)];
}

/** Whoever moves the initiative waits: what is opened beside its proof would never be ended by it. */
async function lockLive(tx: Tx, initiativeId: string): Promise<void> {
  const { rows } = await sql<{ isOver: boolean }>`
    select rank is null as "isOver" from initiatives where initiative_id = ${initiativeId} for share`.execute(tx);
  if (!rows[0]) throw new NotFound('There is no such initiative.');
  if (rows[0].isOver) throw new Rejection('initiative-over', 'a fly-wire stands in for a fix that is still to come');
}

/** [] where it has ended already. Throws NotFound. */
export async function revokeFlyWire({ clock }: Service, tx: Tx, flyWireId: string, by: string): Promise<Event[]> {
  const [found] = await readFlyWires(tx, sql`fly_wire_id = ${flyWireId}`, 'for update');
  if (!found) throw new NotFound('There is no such fly-wire.');
  return end(tx, [found], clock.now(), { cause: 'revoked', by });
}

/** The fix is proven: what stood in for it ends. */
export async function endProven(tx: Tx, initiativeId: string, by: string, at: Date): Promise<Event[]> {
  const open = sql`initiative_id = ${initiativeId} and ended_at is null`;
  return end(tx, await readFlyWires(tx, open, 'for update'), at, { cause: 'proven', by });
}

/** Ends those whose time is up. */
export async function endFlyWires({ bus, clock }: Service, tx: Tx, timers: readonly Timer[]): Promise<void> {
  const ids = timers.map(({ key }) => key);
  const found = await readFlyWires(tx, sql`fly_wire_id = any (${ids}::uuid[])`, 'for update');
  await bus.publish(tx, await end(tx, found, clock.now()));
}

async function end(
  tx: Tx,
  found: readonly FlyWireRow[],
  now: Date,
  early?: { cause: 'revoked' | 'proven'; by: string },
): Promise<Event[]> {
  const at = now.toISOString();
  const events: Event[] = [];
  for (const row of found) {
    const { flyWireId, initiativeId } = row;
    const cause = endOf(ruleOf(row), now, early?.cause);
    if (!cause) continue;
    const by = cause === 'expired' ? null : early!.by;
    await sql`update fly_wires set ended_at = ${at}, ended_cause = ${cause}, ended_by = ${by}
      where fly_wire_id = ${flyWireId}`.execute(tx);
    events.push(newEvent('fly-wire.ended', flyWireId, { flyWireId, initiativeId, at, cause, by }, now));
  }
  return events;
}

/** What the rules ask for. */
export function ruleOf({ kind, system, ceiling, ...row }: FlyWireRow): FlyWire {
  return kind === 'read-only-access' ? { ...row, kind, system: system! } : { ...row, kind, ceiling: ceiling! };
}

/** Newest first. */
export async function readFlyWires(
  db: Database | Tx,
  where: RawBuilder<unknown>,
  lock?: 'for update',
): Promise<FlyWireRow[]> {
  const { rows } = await sql<FlyWireRow>`
    select fly_wire_id as "flyWireId", kind, initiative_id as "initiativeId", roles, system,
           case when ceiling_minor is not null then json_build_object('amount', ceiling_minor, 'currency', ceiling_currency) end as ceiling,
           high_value_only as "highValueOnly", reason, opened_by as "openedBy", opened_at as "openedAt",
           expires_at as "expiresAt", ended_at as "endedAt", ended_cause as "endedCause", ended_by as "endedBy"
      from fly_wires where ${where} order by opened_at desc, fly_wire_id ${lock ? sql`for update` : sql``}`.execute(db);
  return rows;
}
