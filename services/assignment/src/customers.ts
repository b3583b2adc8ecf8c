import type { Database, Tx } from '@heard/bus/log';
import type { Event } from '@heard/events/event';
import { sql } from 'kysely';

/** How a customer is addressed and reached. */
export interface Customer {
  name: string | null;
  honorific: string | null;
  phone: string | null;
  email: string | null;
  /** Channels on which the customer wants no message. */
  optOuts: string[];
}

/** Keeps what the CRM says of its customers; the newest version wins, whenever it comes. */
export async function keepCustomers(tx: Tx, events: readonly Event<'customer.value-changed'>[]): Promise<void> {
  if (events.length === 0) return;
  const newest = new Map<string, Event<'customer.value-changed'>['data']>();
  for (const { data } of events) {
    const other = newest.get(data.customerId);
    if (!other || data.version >= other.version) newest.set(data.customerId, data);
  }
  const rows = [...newest.values()].toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1));
  const of = (field: 'name' | 'honorific' | 'phone' | 'email' | 'timeZone' | 'csmId') =>
    rows.map((row) => row[field] ?? null);
  await sql`
    insert into customers (customer_id, version, name, honorific, phone, email, time_zone, csm_id, opt_outs,
      value_minor, value_currency)
    select t.a, t.b, t.c, t.d, t.e, t.f, t.g, t.h, string_to_array(t.i, ','), t.j, t.k from unnest(${rows.map((row) => row.customerId)}::text[], ${rows.map((row) => row.version)}::bigint[], ${of('name')}::text[],
      ${of('honorific')}::text[], ${of('phone')}::text[], ${of('email')}::text[], ${of('timeZone')}::text[], ${of('csmId')}::text[],
      ${rows.map((row) => row.optOuts?.join(',') ?? '')}::text[],
      ${rows.map((row) => row.lifetimeValue?.amount ?? null)}::bigint[], ${rows.map((row) => row.lifetimeValue?.currency ?? null)}::text[]) as t (a, b, c, d, e, f, g, h, i, j, k)
    on conflict (customer_id) do update set version = excluded.version, name = excluded.name, honorific = excluded.honorific,
      phone = excluded.phone, email = excluded.email, time_zone = excluded.time_zone, csm_id = excluded.csm_id,
      opt_outs = excluded.opt_outs, value_minor = excluded.value_minor, value_currency = excluded.value_currency
     where customers.version < excluded.version`.execute(tx);
}

export async function readCustomer(tx: Tx | Database, customerId: string): Promise<Customer | undefined> {
  const { rows } = await sql<Customer>`
    select name, honorific, phone, email, opt_outs as "optOuts" from customers where customer_id = ${customerId}`.execute(
    tx,
  );
  return rows[0];
}
