import type { Database, Tx } from '@heard/bus/log';
import type { Policy } from '@heard/policy/policy';
import { sql } from 'kysely';

/** The lifetime value, in minor units of the policy's currency, from which a customer is high value (A4). */
export async function ltvThreshold(tx: Tx | Database, { ltv }: Policy): Promise<number> {
  if (ltv.high.mode === 'absolute') return ltv.high.amount;
  const { rows } = await sql<{
    amount: string;
    customers: number;
  }>`select amount, customers from ltv_threshold`.execute(tx);
  const known = rows[0];
  return known && known.customers >= ltv.high.minCustomers ? Number(known.amount) : ltv.high.fallback;
}

/** Takes the percentile over all customers with a value anew. It reads every customer, so it runs beside the hot path. */
export async function refreshThreshold(database: Database, { ltv }: Policy, now: Date): Promise<void> {
  if (ltv.high.mode !== 'percentile') return;
  const currencies = [ltv.currency, ...Object.keys(ltv.rates)];
  const rates = [1, ...Object.values(ltv.rates)];
  await sql`
    insert into ltv_threshold (amount, customers, as_of)
    select coalesce(percentile_disc(${ltv.high.value / 100}) within group (order by c.ltv_amount * r.rate), 0)::bigint, count(*), ${now.toISOString()}
      from customers c join unnest(${currencies}::text[], ${rates}::float8[]) as r (currency, rate) on r.currency = c.ltv_currency
    on conflict (singleton) do update set amount = excluded.amount, customers = excluded.customers, as_of = excluded.as_of`.execute(
    database,
  );
}

/** An amount in the policy's currency; undefined where the policy has no rate for it. */
export function convert(amount: number | null, currency: string | null, { ltv }: Policy): number | undefined {
  if (amount === null || currency === null) return undefined;
  if (currency === ltv.currency) return amount;
  const rate = ltv.rates[currency];
  return rate === undefined ? undefined : Math.round(amount * rate);
}
