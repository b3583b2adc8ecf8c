import type { Tx } from '@heard/bus/log';
import { write } from '@heard/bus/write';
import type { Event } from '@heard/events/event';
import { sql } from 'kysely';
import { type Bypass, type FlyWire, type Grant, isAdvance } from './compensation.ts';

export const flyWireTypes = ['fly-wire.opened', 'fly-wire.ended'] as const;

/** Keeps the fly-wires for advance refunds; read-only access is rca's own matter. */
export async function keepFlyWires(tx: Tx, events: readonly Event<(typeof flyWireTypes)[number]>[]): Promise<void> {
  for (const { type, data } of events) {
    if (type === 'fly-wire.ended') {
      await sql`update fly_wires set ended_at = ${data.at} where fly_wire_id = ${data.flyWireId}`.execute(tx);
    } else if (data.ceiling) {
      const { flyWireId, roles, ceiling, highValueOnly, expiresAt } = data;
      await sql`
        insert into fly_wires (fly_wire_id, roles, ceiling_minor, ceiling_currency, high_value_only, expires_at)
        values (${flyWireId}, ${roles}::text[], ${ceiling.amount}, ${ceiling.currency}, ${highValueOnly}, ${expiresAt})
        on conflict (fly_wire_id) do nothing`.execute(tx);
    }
  }
}

/** Keeps who is of high value, of those with a case; a priority is regraded only when somebody turns out to be. */
export async function keepHighValue(
  tx: Tx,
  events: readonly Event<'feedback.triaged' | 'feedback.regraded'>[],
): Promise<void> {
  const known = new Map<string, boolean>();
  for (const { type, data } of events) {
    if (type === 'feedback.regraded') known.set(data.customerId, true);
    else if (data.priority !== null) known.set(data.customerId, data.customer.highValue);
  }
  if (known.size === 0) return;
  await write(
    tx,
    sql`
    with told as (select * from unnest(${[...known.keys()]}::text[], ${[...known.values()]}::bool[]) as t (customer_id, high_value)),
         gone as (delete from high_value_customers h using told t where h.customer_id = t.customer_id and not t.high_value)
    insert into high_value_customers select customer_id from told where high_value
    on conflict (customer_id) do nothing`,
  );
}

/** What an advance refund could be given through now; other kinds need nothing. The widest ceiling first. */
export async function bypassOf(
  tx: Tx,
  { kind, customerId }: Pick<Grant, 'kind'> & { customerId: string },
  now: Date,
): Promise<Bypass> {
  if (!isAdvance(kind)) return { flyWires: [], highValue: false };
  const { rows: flyWires } = await sql<FlyWire>`
    select fly_wire_id as "flyWireId", roles, high_value_only as "highValueOnly",
           json_build_object('amount', ceiling_minor, 'currency', ceiling_currency) as ceiling
      from fly_wires where ended_at is null and expires_at > ${now.toISOString()}
     order by ceiling_minor desc, fly_wire_id`.execute(tx);
  const { rows } = await sql`select 1 from high_value_customers where customer_id = ${customerId}`.execute(tx);
  return { flyWires, highValue: rows.length > 0 };
}
