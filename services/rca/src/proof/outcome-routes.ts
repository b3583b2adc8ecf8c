import { CustomerId } from '@heard/events/vocabulary';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';

const Outcome = z.strictObject({
  customerId: CustomerId,
  period: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/)
    .meta({ description: 'A month, such as 2026-11.' }),
  revenueMinor: z.int().meta({ description: 'In minor units; below 0 where more was refunded than bought.' }),
  orders: z.int().nonnegative().max(1_000_000),
});

/** What customers spent, brought by the shop. */
export function registerOutcomeRoutes(service: Service): void {
  service.http.post(
    '/v1/customer-outcomes',
    {
      config: { access: { roles: ['analyst', 'admin', 'system'] } },
      schema: {
        summary:
          'Bring what customers spent in a month; the same month again replaces it, a month not brought counts 0',
        body: z.strictObject({
          currency: z.string().regex(/^[A-Z]{3}$/),
          outcomes: z.array(Outcome).min(1).max(5_000),
        }),
        response: { 200: z.object({ months: z.int() }) },
      },
    },
    (request) =>
      service.commit(request, async (tx) => {
        const { currency, outcomes } = request.body;
        // The last of a customer's month in a batch counts.
        const last = [...new Map(outcomes.map((one) => [`${one.period} ${one.customerId}`, one])).values()];
        await sql`
          insert into customer_outcomes (customer_id, month, currency, revenue_minor, orders)
          select o.customer, o.month, ${currency}, o.revenue, o.orders from unnest(${last.map((one) => one.customerId)}::text[],
            ${last.map((one) => `${one.period}-01`)}::date[], ${last.map((one) => one.revenueMinor)}::bigint[],
            ${last.map((one) => one.orders)}::int[]) as o (customer, month, revenue, orders)
          on conflict (customer_id, month, currency) do update set revenue_minor = excluded.revenue_minor, orders = excluded.orders`.execute(
          tx,
        );
        return { result: { months: last.length }, events: [], record: currency };
      }),
  );
}
