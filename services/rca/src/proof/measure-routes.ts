import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { ExternalId } from '@heard/events/vocabulary';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';

const whole = z.int().nonnegative();
const metric = {
  metric: ExternalId,
  level: z.enum(['voc', 'operations', 'business']),
  day: z.iso.date().meta({ description: "The company's day; the first of a month where it is counted by month." }),
};
const Measure = z.union([
  z.strictObject({ ...metric, count: whole }),
  z
    .strictObject({ ...metric, hits: whole, of: z.int().positive() })
    .refine(({ hits, of }) => hits <= of, 'has more hits than there are'),
]);
type Measure = z.infer<typeof Measure>;

/** What operations and the business measure, brought by them. */
export function registerMeasureRoutes(service: Service): void {
  service.http.post(
    '/v1/measures',
    {
      config: { access: { roles: ['analyst', 'admin', 'system'] } },
      schema: {
        summary: 'Bring figures of days: a count, or hits of so many; the same day again replaces its figure',
        body: z.strictObject({ source: ExternalId, measures: z.array(Measure).min(1).max(5_000) }),
        response: { 200: z.object({ days: z.int() }) },
      },
    },
    (request) =>
      service.commit(request, async (tx) => {
        const { source, measures } = request.body;
        await saveMetrics(tx, source, measures);
        return { result: { days: await saveDays(tx, source, measures) }, events: [], record: source };
      }),
  );
}

/** Throws Rejection where a metric is suddenly of another level, or a share that was a count. */
async function saveMetrics(tx: Tx, source: string, measures: readonly Measure[]): Promise<void> {
  const kindOf = (one: Measure) => ('count' in one ? 'volume' : 'share');
  const named = new Map(measures.map((one) => [one.metric, { level: one.level, kind: kindOf(one) }]));
  const names = [...named.keys()].sort();
  await sql`
    insert into metrics (source, metric, level, kind)
    select ${source}, * from unnest(${names}::text[], ${names.map((name) => named.get(name)!.level)}::text[],
      ${names.map((name) => named.get(name)!.kind)}::text[])
    on conflict do nothing`.execute(tx);
  const { rows } = await sql<{ metric: string; level: string; kind: string }>`
    select metric, level, kind from metrics where source = ${source} and metric = any (${names}::text[])`.execute(tx);
  const known = new Map(rows.map((row) => [row.metric, row]));
  for (const one of measures) {
    const { level, kind } = known.get(one.metric)!;
    if (one.level !== level || kindOf(one) !== kind) {
      throw new Rejection('metric-differs', `${one.metric} of ${source} is a ${kind} of level ${level}`);
    }
  }
}

async function saveDays(tx: Tx, source: string, measures: readonly Measure[]): Promise<number> {
  // The last figure of a day in a batch counts.
  const days = [...new Map(measures.map((one) => [`${one.day} ${one.metric}`, one])).values()];
  await sql`
    insert into measures (source, metric, day, hits, total)
    select ${source}, * from unnest(${days.map((one) => one.metric)}::text[], ${days.map((one) => one.day)}::date[],
      ${days.map((one) => ('count' in one ? one.count : one.hits))}::bigint[], ${days.map((one) => ('count' in one ? null : one.of))}::bigint[])
    on conflict (source, metric, day) do update set hits = excluded.hits, total = excluded.total`.execute(tx);
  return days.length;
}
