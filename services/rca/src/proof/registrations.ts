import { createHash } from 'node:crypto';
import type { Database, Tx } from '@heard/bus/log';
import { ThemeId } from '@heard/events/rca';
import { Instant, text } from '@heard/events/vocabulary';
import { sql } from 'kysely';
import * as z from 'zod';
import { CorpusFilter } from '../corpus/corpus-filter.ts';
import type { Forecast, Registration } from './validation.ts';

const Narrowing = CorpusFilter.omit({ from: true, until: true });
const Window = z.strictObject({ from: Instant, until: Instant.meta({ description: 'Not included.' }) });
const Share = z.number().gt(0).lt(1);

export const Control = z.strictObject({
  name: text(80).min(1),
  filter: Narrowing.meta({ description: 'Who did not get the fix; shares no comment with the filter.' }),
});

export const Test = z.strictObject({
  alpha: z.number().gt(0).lt(0.5),
  sided: z.enum(['one', 'two']),
  correction: z.enum(['benjamini-hochberg', 'none']),
  minN: z.int().min(1),
  power: Share,
});

/** What is written down; what is left out comes from the policy in force. */
export const Draft = z.strictObject({
  themes: z
    .array(
      z.strictObject({
        themeId: ThemeId,
        expectedChange: z.number().meta({ description: 'Relative: −0.5 where half as many are expected.' }),
      }),
    )
    .min(1)
    .max(20)
    .refine((themes) => new Set(themes.map(({ themeId }) => themeId)).size === themes.length, 'names a theme twice'),
  metric: z.enum(['mention-share', 'primary-share']).default('mention-share'),
  baseline: Window,
  after: Window,
  filter: Narrowing.optional(),
  control: Control.optional(),
  initiativeId: z.uuid().optional(),
  test: Test.partial().optional(),
});

/** Themes that were registered together. */
export interface Registered extends Sides {
  registrationId: string;
  initiativeId: string | null;
  registeredBy: string;
  themes: (Registration & { names: { zh: string; en: string }; promised: StoredForecast | null; others: number })[];
}

/** What is counted. */
export interface Sides {
  filter: CorpusFilter;
  control: z.infer<typeof Control> | null;
  /** In the order in which they were registered; all of one frame version, metric and pair of windows. */
  themes: Registration[];
}

/** As JSON holds it: null where no number of comments is enough, or no day. */
export interface StoredForecast {
  needed: number | null;
  perWeek: number;
  enoughOn: string | null;
  power: number;
  smallestDetectableChange: number | null;
}

export function stored(forecast: Forecast, perWeek: number): StoredForecast {
  const { needed, enoughOn, power, smallestDetectableChange } = forecast;
  return {
    needed: Number.isFinite(needed) ? needed : null,
    perWeek,
    enoughOn: enoughOn?.toISOString() ?? null,
    power,
    smallestDetectableChange: smallestDetectableChange ?? null,
  };
}

/** The same content has the same ids. */
export function idOf(...content: unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  // A UUID of version 8: one's own making.
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** Whether it was not there yet. */
export async function insertRegistration(
  tx: Tx,
  registered: Omit<Registered, 'themes'> & { themes: (Registration & { promised: StoredForecast | null })[] },
): Promise<boolean> {
  const { registrationId, initiativeId, registeredBy, filter, control, themes } = registered;
  const { metric, frameVersion, baseline, after, registeredAt, alpha, sided, correction, minN, power } = themes[0]!;
  const { rows } = await sql`
    insert into registrations (registration_id, frame_version, metric, baseline_from, baseline_until, after_from, after_until,
      filter, control, test, initiative_id, registered_by, registered_at)
    values (${registrationId}, ${frameVersion}, ${metric}, ${baseline.from.toISOString()}, ${baseline.until.toISOString()},
      ${after.from.toISOString()}, ${after.until.toISOString()}, ${JSON.stringify(filter)}::jsonb,
      ${control && JSON.stringify(control)}::jsonb, ${JSON.stringify({ alpha, sided, correction, minN, power })}::jsonb,
      ${initiativeId}, ${registeredBy}, ${registeredAt.toISOString()})
    on conflict (registration_id) do nothing returning number`.execute(tx);
  if (rows.length === 0) return false;
  await sql`
    insert into validations (validation_id, registration_id, place, theme_id, expected_change, forecast)
    select v.id, ${registrationId}, v.place - 1, v.theme, v.change, nullif(v.forecast, 'null')::jsonb
      from unnest(${themes.map((one) => one.validationId)}::uuid[], ${themes.map((one) => one.themeId)}::text[],
        ${themes.map((one) => one.expectedChange)}::float8[], ${themes.map((one) => JSON.stringify(one.promised))}::text[])
        with ordinality as v (id, theme, change, forecast, place)`.execute(tx);
  return true;
}

interface Row extends Omit<Registration, 'baseline' | 'after' | 'control'> {
  registrationId: string;
  initiativeId: string | null;
  registeredBy: string;
  filter: CorpusFilter;
  control: z.infer<typeof Control> | null;
  test: z.infer<typeof Test>;
  baselineFrom: Date;
  baselineUntil: Date;
  afterFrom: Date;
  afterUntil: Date;
  names: { zh: string; en: string };
  promised: StoredForecast | null;
  others: number;
}

/** By registration id, or by that of a validation in it; newest first. */
export async function readRegistrations(db: Database | Tx, ids: readonly string[]): Promise<Registered[]> {
  const { rows } = await sql<Row>`
    select r.registration_id as "registrationId", r.initiative_id as "initiativeId", r.filter, r.control, r.test, r.metric,
           r.registered_by as "registeredBy", r.registered_at as "registeredAt", r.frame_version as "frameVersion",
           r.baseline_from as "baselineFrom", r.baseline_until as "baselineUntil", r.after_from as "afterFrom", r.after_until as "afterUntil",
           v.validation_id as "validationId", v.theme_id as "themeId", v.expected_change as "expectedChange", v.forecast as promised,
           (count(*) over (partition by r.registration_id))::int as comparisons,
           (select count(*)::int from registrations q join validations w using (registration_id)
             where w.theme_id = v.theme_id and q.registration_id <> r.registration_id
               and q.after_from < r.after_until and r.after_from < q.after_until) as others,
           coalesce((select jsonb_build_object('zh', t ->> 'zh', 'en', t ->> 'en')
               from code_frames f cross join jsonb_array_elements(f.document -> 'themes') as t
              where f.version = r.frame_version and t ->> 'id' = v.theme_id), jsonb_build_object('zh', v.theme_id, 'en', v.theme_id)) as names
      from registrations r join validations v using (registration_id)
     where r.registration_id in (
       select unnest(${ids}::uuid[]) union select registration_id from validations where validation_id = any (${ids}::uuid[]))
     order by r.number desc, v.place`.execute(db);
  return [...Map.groupBy(rows, (row) => row.registrationId).values()].map(registeredOf);
}

function registeredOf(rows: Row[]): Registered {
  const { registrationId, initiativeId, registeredBy, filter, control } = rows[0]!;
  const themes = rows.map((row) => ({
    validationId: row.validationId,
    themeId: row.themeId,
    names: row.names,
    promised: row.promised,
    others: row.others,
    frameVersion: row.frameVersion,
    metric: row.metric,
    baseline: { from: row.baselineFrom, until: row.baselineUntil },
    after: { from: row.afterFrom, until: row.afterUntil },
    expectedChange: row.expectedChange,
    ...row.test,
    comparisons: row.comparisons,
    control: control?.name,
    registeredAt: row.registeredAt,
  }));
  return { registrationId, initiativeId, registeredBy, filter, control, themes };
}
