import type { Database, Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import type {
  EffectRow,
  Effects,
  HypothesisRow,
  InitiativeRow,
  Names,
  ProofRow,
  Window,
} from '@heard/reports/report-data';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Service } from '@heard/service/service';
import { type RawBuilder, sql } from 'kysely';
import { type InitiativeRow as Kept, readInitiatives } from '../initiatives/initiatives.ts';
import { levels } from '../proof/effect-review.ts';
import type { Shown } from '../proof/effect-review-lines.ts';
import { readReview } from '../proof/effect-review-routes.ts';
import { readValidations } from '../proof/validation-list.ts';
import { servedFrame } from '../themes/served-frame.ts';
import { type Hypothesis, judgeNow, readHypotheses } from '../understanding/hypotheses.ts';
import type { Judgement } from '../understanding/hypothesis.ts';

const most = 20;
const namedBy = (names: ReadonlyMap<string, Names>) => (themeId: string) =>
  names.get(themeId) ?? { zh: themeId, en: themeId };

/** Stated before the end of the period and not closed before it began; an open one is judged as of now. */
export async function hypothesisRows(
  tx: Tx,
  { from, until }: Window,
  names: ReadonlyMap<string, Names>,
  policy: VersionedPolicy,
): Promise<HypothesisRow[]> {
  const found = await readHypotheses(
    tx,
    sql`stated_at < ${until.toISOString()} and (closed_at is null or closed_at >= ${from.toISOString()})`,
    sql`order by stated_at desc, hypothesis_id limit ${most}`,
  );
  const nameOf = namedBy(names);
  const rows: HypothesisRow[] = [];
  for (const one of found) {
    const { verdict, channels } = one.judgement ?? (await judged(tx, one, policy));
    rows.push({
      statement: one.statement,
      believedBy: one.believedBy,
      themes: one.themeIds.map(nameOf),
      threshold: one.threshold,
      verdict,
      channels: channels.map(({ channel, count, share, finding }) => ({
        channel,
        share: { ...count, ...share },
        finding,
      })),
    });
  }
  return rows;
}

/** Open, where the frame that serves no longer counts its themes. */
async function judged(tx: Tx, one: Hypothesis, policy: VersionedPolicy): Promise<Judgement> {
  try {
    return await judgeNow(tx, one, await servedFrame(tx), policy);
  } catch (error) {
    if (error instanceof Rejection) return { verdict: 'open', channels: [] };
    throw error;
  }
}

/** Opened before the end of the period and not over before it began, the first in rank first. */
export function initiativesOf(tx: Tx, { from, until }: Window): Promise<Kept[]> {
  return readInitiatives(
    tx,
    sql`opened_at < ${until.toISOString()} and (rank is not null or exists (
      select 1 from initiative_moves m where m.initiative_id = initiatives.initiative_id and m.at >= ${from.toISOString()}))`,
    most,
  );
}

export function initiativeRow(one: Kept, names: ReadonlyMap<string, Names>, now: Date): InitiativeRow {
  return {
    title: one.title,
    names: namedBy(names)(one.themeId),
    rank: one.rank ?? undefined,
    owner: one.ownerId,
    department: one.department,
    openedAt: one.openedAt,
    dueAt: one.fixDueAt,
    reviewDueAt: one.reviewDueAt,
    overdue: (one.state === 'open' || one.state === 'signed-off') && one.fixDueAt < now,
    state: one.state,
  };
}

/** Of the validations whose second window meets the period, or that wait for theirs. */
export const provenIn = ({ from, until }: Window): RawBuilder<boolean> => sql<boolean>`
  (r.registered_at < ${until.toISOString()} and (r.after_until > ${from.toISOString()} and r.after_from < ${until.toISOString()}
     or not exists (select 1 from validations v join verdicts using (validation_id) where v.registration_id = r.registration_id)))`;

export async function proofRows(tx: Tx, where: RawBuilder<unknown>, timeZone: string): Promise<ProofRow[]> {
  const { rows } = await sql<{ id: string }>`
    select r.registration_id as id from registrations r where ${where} order by r.number desc limit ${most}`.execute(
    tx,
  );
  const ids = rows.map(({ id }) => id);
  const validations = await readValidations(tx, ids, { lang: 'zh', timeZone });
  return validations.map((one) => ({
    names: one.names,
    metric: one.metric,
    registeredAt: new Date(one.registeredAt),
    baseline: datesOf(one.baseline),
    after: datesOf(one.after),
    frameVersion: one.frameVersion,
    expectedChange: one.expectedChange,
    alpha: one.alpha,
    comparisons: one.comparisons,
    conclusion:
      one.numbers && one.verdict
        ? {
            verdict: one.verdict,
            method: one.numbers.method,
            before: one.numbers.before,
            after: one.numbers.after,
            difference: one.numbers.difference,
            corrected: one.numbers.corrected,
            power: one.numbers.power,
          }
        : undefined,
  }));
}

/** Of the newest review of each initiative, for every measure the longest window that is over. */
export async function effectsOf(
  service: Pick<Service, 'clock' | 'policies'>,
  tx: Tx,
  initiatives: readonly { initiativeId: string; names: Names }[],
): Promise<Effects> {
  const { rows } = await sql<{ reviewId: string; initiativeId: string }>`
    select distinct on (initiative_id) review_id as "reviewId", initiative_id as "initiativeId" from effect_reviews
     where initiative_id = any (${initiatives.map(({ initiativeId }) => initiativeId)}::uuid[]) order by initiative_id, number desc`.execute(
    tx,
  );
  const found: EffectRow[] = [];
  for (const { initiativeId, names } of initiatives) {
    const review = rows.find((row) => row.initiativeId === initiativeId);
    if (!review) continue;
    const { lines } = await readReview({ ...service, database: tx as Database }, review.reviewId);
    found.push(...longest(lines).flatMap((line) => effectRow(line, names)));
  }
  return { rows: found, missing: levels.filter((level) => !found.some((row) => row.level === level)) };
}

function longest<L extends Omit<Shown, 'text'>>(lines: readonly L[]): L[] {
  const over = lines.filter(({ finding }) => finding !== 'not-over' && finding !== 'not-measured');
  const same = Map.groupBy(over, ({ source, metric, comparator }) => JSON.stringify([source, metric, comparator]));
  return [...same.values()].map((windows) => windows.reduce((a, b) => (b.months > a.months ? b : a)));
}

function effectRow(
  { level, source, metric, comparator, window, compared, before, after, change, finding }: Omit<Shown, 'text'>,
  names: Names,
): EffectRow[] {
  if (level === null || !before || !after || finding === 'not-over' || finding === 'not-measured') return [];
  const amount = ({ hits, of }: { hits: number; of: number | null }) => (of === null ? hits : { hits, of });
  return [
    {
      names,
      level,
      metric: source === 'rca' ? 'mentions' : metric,
      comparator,
      window: datesOf(window),
      compared: datesOf(compared),
      before: amount(before),
      after: amount(after),
      change: change ?? undefined,
      finding,
    },
  ];
}

const datesOf = ({ from, until }: { from: string; until: string }): Window => ({
  from: new Date(from),
  until: new Date(until),
});
