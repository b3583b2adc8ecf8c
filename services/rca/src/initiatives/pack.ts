import type { Database, Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import type { Clock } from '@heard/service/clock';
import { Policies, type VersionedPolicy } from '@heard/service/policies';
import type { Interval } from '@heard/statistics/interval';
import { wilson } from '@heard/statistics/proportion';
import { anonymise } from '@heard/text/anonymise';
import { survivor, type Theme } from '@heard/themes/frame';
import { sql } from 'kysely';
import { type CorpusFilter, defaultFilter, matching } from '../corpus/corpus-filter.ts';
import { servedFrame } from '../themes/served-frame.ts';
import { countThemes, countThemesBy, type ThemeCounts } from '../themes/theme-counts.ts';
import type { State } from './initiative.ts';
import { readInitiative } from './initiatives.ts';

/** Comments of a filter, and those of them that name the theme; `primary`: of which it is the first. */
export interface ThemeCount {
  comments: number;
  mentions: number;
  primary: number;
  /** mentions ÷ comments and primary ÷ comments, with the policy's confidence; null without comments. */
  mentionShare: Interval | null;
  primaryShare: Interval | null;
}

/** What the owner of an initiative gets: numbers, and customers' words with personal data masked. */
export interface PackData {
  initiativeId: string;
  title: string;
  state: State;
  rank: number | null;
  ownerId: string;
  department: string;
  /** ISO, like all times here. */
  fixDueAt: string;
  reviewDueAt: string;
  preparedAt: string;
  /** What the initiative's theme is counted under by now, after merges. */
  themeId: string;
  names: { zh: string; en: string };
  filter: CorpusFilter;
  frameVersion: number;
  confidence: number;
  counts: ThemeCount & { customers: number; cases: number };
  /** The last 24 with comments; `month` is YYYY-MM, the company's. */
  months: (ThemeCount & { month: string })[];
  channels: (ThemeCount & { channel: string })[];
  /**
   * Customer effort (7 = very easy) where the theme was named, whatever the segment: a filter on detractors would leave
   * low scores only. `low` is what the policy's bands call so. Null without any.
   */
  ces: { n: number; mean: number; low: number; lowShare: Interval } | null;
  /** The most representative first. */
  verbatims: Verbatim[];
  /** Newest first, the first fifty; `counts.cases` is all. */
  cases: { caseId: string; priority: string | null; openedAt: string | null; outcome: string | null }[];
}

export interface Verbatim {
  feedbackId: string;
  channel: string;
  occurredAt: string;
  scale: string | null;
  score: number | null;
  text: string;
}

const manyVerbatims = 20;
const manyCandidates = 5_000;

/**
 * All of one moment. Throws NotFound, Rejection where no code frame serves or it does not know the theme, NotYet without
 * a policy.
 */
export function readPack(db: Database, initiativeId: string, clock: Clock): Promise<PackData> {
  const reading = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  return reading.execute(async (tx) => {
    const initiative = await readInitiative(tx, initiativeId);
    const policy = await new Policies(() => {}).current(tx);
    const frame = await servedFrame(tx);
    const themeId = survivor(frame.document.merges, initiative.themeId);
    const theme = frame.themes.get(themeId ?? '');
    if (!theme)
      throw new Rejection('unknown-theme', `code frame ${frame.version} does not count ${initiative.themeId}`);
    const { confidence } = policy.rca;
    const about = new About(tx, frame.version, theme, initiative.filter ?? defaultFilter(policy.rca), policy);
    const { title, state, rank, ownerId, department } = initiative;
    return {
      ...{ initiativeId, title, state, rank, ownerId, department, confidence },
      ...{ themeId: theme.id, names: { zh: theme.zh, en: theme.en }, frameVersion: frame.version },
      fixDueAt: initiative.fixDueAt.toISOString(),
      reviewDueAt: initiative.reviewDueAt.toISOString(),
      preparedAt: clock.now().toISOString(),
      filter: about.filter,
      counts: { ...(await about.count(about.filter)), ...(await about.reached()) },
      months: await about.months(),
      channels: await about.channels(),
      ces: await about.effort(),
      verbatims: await about.verbatims(),
      cases: await about.cases(),
    };
  });
}

/** The questions of one pack. */
class About {
  readonly filter: CorpusFilter;
  readonly #tx: Tx;
  readonly #frame: number;
  readonly #theme: Theme;
  readonly #policy: VersionedPolicy;

  constructor(tx: Tx, frame: number, theme: Theme, filter: CorpusFilter, policy: VersionedPolicy) {
    this.filter = filter;
    this.#tx = tx;
    this.#frame = frame;
    this.#theme = theme;
    this.#policy = policy;
  }

  async count(filter: CorpusFilter): Promise<ThemeCount> {
    return this.#shares(await countThemes(this.#tx, this.#frame, filter));
  }

  async reached(): Promise<{ customers: number; cases: number }> {
    const { rows } = await sql<{ customers: number; cases: number }>`
      select count(distinct c.customer_id)::int as customers, count(distinct f.case_id)::int as cases
        from comments c left join case_feedback f using (feedback_id) ${this.#themes()}
       where ${this.#named(this.filter)}`.execute(this.#tx);
    return rows[0]!;
  }

  async months(): Promise<PackData['months']> {
    const counted = await countThemesBy(this.#tx, this.#frame, this.filter, 'month');
    const months = [...counted].map(([since, one]) => ({ month: since!.slice(0, 7), ...this.#shares(one) }));
    return months.slice(-24);
  }

  async channels(): Promise<PackData['channels']> {
    const counted = await countThemesBy(this.#tx, this.#frame, this.filter, 'channel');
    const channels = [...counted].map(([channel, one]) => ({ channel: channel!, ...this.#shares(one) }));
    return channels.toSorted((a, b) => b.mentions - a.mentions || (a.channel < b.channel ? -1 : 1));
  }

  async effort(): Promise<PackData['ces']> {
    const { segments: _, ...filter } = this.filter;
    const { rows } = await sql<{ n: number; mean: number; low: number }>`
      select count(*)::int as n, avg(c.score)::float8 as mean,
             count(*) filter (where c.score <= ${this.#policy.bands.ces.detractorMax})::int as low
        from comments c ${this.#themes()}
       where ${this.#named(filter)} and c.scale = 'ces' and c.score is not null`.execute(this.#tx);
    const { n, mean, low } = rows[0]!;
    if (n === 0) return null;
    return { n, mean, low, lowShare: wilson({ hits: low, of: n }, this.#policy.rca.confidence) };
  }

  /** One per customer, of the newest: about this theme above all, about little else, in its words, neither a cry nor an essay. */
  async verbatims(): Promise<Verbatim[]> {
    const words = this.#theme.words.map((word) => word.toLowerCase());
    const { rows } = await sql<Verbatim & { occurredAt: Date; customerId: string | null; name: string | null }>`
      select * from (
        select distinct on (coalesce(c.customer_id, c.feedback_id::text))
               c.feedback_id as "feedbackId", c.customer_id as "customerId", k.name, coalesce(c.channel, '') as channel,
               c.occurred_at as "occurredAt", c.scale, c.score, c.comment as text,
               array[(c.primary_theme is distinct from ${this.#theme.id})::int, cardinality(c.mentions), -w.words,
                     (length(c.comment) not between 8 and 300)::int] as place
          from (select c.*, t.primary_theme, t.mentions from comments c ${this.#themes()}
                 where ${this.#named(this.filter)} order by t.occurred_at desc, t.feedback_id limit ${manyCandidates}) as c
          left join customers k using (customer_id)
         cross join lateral (select count(*)::int as words from unnest(${words}::text[]) as word where strpos(lower(c.comment), word) > 0) as w
         order by coalesce(c.customer_id, c.feedback_id::text), place, c.occurred_at desc, c.feedback_id) as best
       order by place, "occurredAt" desc, "feedbackId" limit ${manyVerbatims}`.execute(this.#tx);
    return rows.map(({ feedbackId, customerId, name, channel, occurredAt, scale, score, text }) => ({
      ...{ feedbackId, channel, scale, score },
      occurredAt: occurredAt.toISOString(),
      text: anonymise(text, { names: name ? [name] : [], ids: customerId ? [customerId] : [] }),
    }));
  }

  async cases(): Promise<PackData['cases']> {
    const { rows } = await sql<PackData['cases'][number] & { openedAt: Date | null }>`
      select k.case_id as "caseId", k.priority, k.opened_at as "openedAt", k.outcome from cases k
       where k.case_id in (select f.case_id from comments c join case_feedback f using (feedback_id) ${this.#themes()}
                            where ${this.#named(this.filter)})
       order by k.opened_at desc nulls last, k.case_id limit 50`.execute(this.#tx);
    return rows.map((row) => ({ ...row, openedAt: row.openedAt?.toISOString() ?? null }));
  }

  #themes() {
    return sql`join comment_themes t on t.feedback_id = c.feedback_id and t.frame_version = ${this.#frame}`;
  }

  #named(filter: CorpusFilter) {
    return sql`${matching(filter)} and ${this.#theme.id} = any (t.mentions)`;
  }

  #shares({ of, themes }: ThemeCounts): ThemeCount {
    const { primary, mentions } = themes.get(this.#theme.id) ?? { primary: 0, mentions: 0 };
    const share = (hits: number) => (of === 0 ? null : wilson({ hits, of }, this.#policy.rca.confidence));
    return { comments: of, mentions, primary, mentionShare: share(mentions), primaryShare: share(primary) };
  }
}
