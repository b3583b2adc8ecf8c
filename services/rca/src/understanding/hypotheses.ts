import type { Database, Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Count } from '@heard/statistics/interval';
import { type RawBuilder, sql } from 'kysely';
import { type CorpusFilter, matching } from '../corpus/corpus-filter.ts';
import type { ServedFrame } from '../themes/served-frame.ts';
import { type Judgement, judge } from './hypothesis.ts';

/** A belief as it is kept; `judgement` and `frameVersion` are null while it is open. */
export interface Hypothesis {
  hypothesisId: string;
  statement: string;
  believedBy: string;
  /** Naming any of them counts. */
  themeIds: string[];
  threshold: number;
  filter: CorpusFilter;
  statedBy: string;
  statedAt: Date;
  closedBy: string | null;
  closedAt: Date | null;
  frameVersion: number | null;
  judgement: Judgement | null;
}

const columns = sql`hypothesis_id as "hypothesisId", statement, believed_by as "believedBy", theme_ids as "themeIds", threshold, filter,
  stated_by as "statedBy", stated_at as "statedAt", closed_by as "closedBy", closed_at as "closedAt", frame_version as "frameVersion", judgement`;

export async function insertHypothesis(
  tx: Tx,
  one: Omit<Hypothesis, 'closedBy' | 'closedAt' | 'frameVersion' | 'judgement'>,
): Promise<void> {
  await sql`insert into hypotheses (hypothesis_id, statement, believed_by, theme_ids, threshold, filter, stated_by, stated_at)
    values (${one.hypothesisId}, ${one.statement}, ${one.believedBy}, ${one.themeIds}::text[], ${one.threshold},
      ${JSON.stringify(one.filter)}::jsonb, ${one.statedBy}, ${one.statedAt.toISOString()})`.execute(tx);
}

export async function readHypotheses(
  db: Database | Tx,
  where: RawBuilder<unknown>,
  rest: RawBuilder<unknown> = sql``,
): Promise<Hypothesis[]> {
  const { rows } = await sql<Hypothesis>`select ${columns} from hypotheses where ${where} ${rest}`.execute(db);
  return rows;
}

/** Throws Rejection `closed-already`; what was judged then is what stays. */
export async function closeHypothesis(
  tx: Tx,
  { hypothesisId }: Hypothesis,
  closing: { by: string; at: Date; frameVersion: number; judgement: Judgement },
): Promise<void> {
  const { by, at, frameVersion, judgement } = closing;
  const { numAffectedRows } = await sql`
    update hypotheses set closed_by = ${by}, closed_at = ${at.toISOString()}, frame_version = ${frameVersion},
           judgement = ${JSON.stringify(judgement)}::jsonb
     where hypothesis_id = ${hypothesisId} and closed_at is null`.execute(tx);
  if (numAffectedRows === 0n) throw new Rejection('closed-already', 'this hypothesis is closed');
}

/** What the comments say of it now. Throws Rejection `theme-gone` when the frame no longer counts one of its themes: nothing naming it proves nothing. */
export async function judgeNow(
  db: Database | Tx,
  { themeIds, threshold, filter }: Hypothesis,
  frame: ServedFrame,
  { rca }: VersionedPolicy,
): Promise<Judgement> {
  const gone = themeIds.filter((id) => !frame.themes.has(id));
  if (gone.length > 0) {
    throw new Rejection('theme-gone', `code frame ${frame.version} does not count ${gone.join(', ')} any more`);
  }
  const counts = await countInChannels(db, frame.version, filter, themeIds);
  return judge({ threshold, minN: rca.hypothesis.minN, confidence: rca.confidence }, counts);
}

/** Per channel, how many comments of a filter name any of these themes. */
async function countInChannels(
  db: Database | Tx,
  frameVersion: number,
  filter: CorpusFilter,
  themeIds: readonly string[],
): Promise<Record<string, Count>> {
  const { rows } = await sql<Count & { channel: string }>`
    select coalesce(c.channel, 'none') as channel, count(*) filter (where t.mentions && ${themeIds}::text[])::int as hits, count(*)::int as of
      from comment_themes t join comments c using (feedback_id)
     where t.frame_version = ${frameVersion} and ${matching(filter)}
     group by 1 order by 1`.execute(db);
  return Object.fromEntries(rows.map(({ channel, hits, of }) => [channel, { hits, of }]));
}
