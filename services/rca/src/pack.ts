import type { Database, Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import type { Clock } from '@heard/service/clock';
import { Policies, type VersionedPolicy } from '@heard/service/policies';
import type { Interval } from '@heard/statistics/interval';
import { wilson } from '@heard/statistics/proportion';
import { anonymise } from '@heard/text/anonymise';
import { sql } from 'kysely';
import { type CorpusFilter, defaultFilter, matching } from './corpus-filter.ts';
import type { State } from './initiative.ts';
import { readInitiative, themeNames } from './initiatives.ts';
import { countThemes, servingFrame } from './theme-counts.ts';

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
  themeId: string;
  names: { zh: string; en: string };
  filter: CorpusFilter;
  frameVersion: number;
  confidence: number;
  counts: ThemeCount & { customers: number; cases: number };
  /** The last two years at most; `month` is YYYY-MM in the company's time zone. */
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

/**
 * All of one moment. Throws NotFound, Rejection where no code frame serves or it does not know the theme, NotYet without
 * a policy.
 */
export function readPack(db: Database, initiativeId: string, clock: Clock): Promise<PackData> {
  const reading = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  return reading.execute(async (tx) => {
    const initiative = await readInitiative(tx, initiativeId);
    const policy = await new Policies(() => {}).current(tx);
    const frameVersion = await servingFrame(tx);
    const names = await themeNames(tx, initiative.themeId);
    if (frameVersion === undefined || !names) {
      throw new Rejection('no-such-theme', 'the code frame that is counted on has no such theme');
    }
    const { confidence } = policy.rca;
    const about = new About(
      tx,
      frameVersion,
      initiative.themeId,
      initiative.filter ?? defaultFilter(policy.rca),
      policy,
    );
    const { title, state, rank, ownerId, department, themeId } = initiative;
    return {
      ...{ initiativeId, title, state, rank, ownerId, department, themeId, names, frameVersion, confidence },
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
  readonly #theme: string;
  readonly #policy: VersionedPolicy;

  constructor(tx: Tx, frame: number, theme: string, filter: CorpusFilter, policy: VersionedPolicy) {
    this.filter = filter;
    this.#tx = tx;
    this.#frame = frame;
    this.#theme = theme;
    this.#policy = policy;
  }

  async count(filter: CorpusFilter): Promise<ThemeCount> {
    const { of, themes } = await countThemes(this.#tx, this.#frame, filter);
    return this.#shares({ comments: of, ...(themes.get(this.#theme) ?? { primary: 0, mentions: 0 }) });
  }

  async reached(): Promise<{ customers: number; cases: number }> {
    const { rows } = await sql<{ customers: number; cases: number }>`
      select count(distinct c.customer_id)::int as customers, count(distinct f.case_id)::int as cases
        from comments c left join case_feedback f using (feedback_id) ${this.#themes()}
       where ${this.#named(this.filter)}`.execute(this.#tx);
    return rows[0]!;
  }

  async months(): Promise<PackData['months']> {
    const zone = this.#policy.sla.timeZone;
    const { rows } = await sql<{ month: string; from: Date; until: Date }>`
      select to_char(month, 'YYYY-MM') as month, month at time zone ${zone} as "from",
             (month + interval '1 month') at time zone ${zone} as "until"
        from (select date_trunc('month', min(c.occurred_at) at time zone ${zone}) as first,
                     date_trunc('month', max(c.occurred_at) at time zone ${zone}) as last
                from comments c where ${matching(this.filter)}) as reach,
             generate_series(greatest(first, last - interval '23 months'), last, interval '1 month') as month
       order by month`.execute(this.#tx);
    const months: PackData['months'] = [];
    for (const { month, ...span } of rows) {
      const from = later(span.from, this.filter.from).toISOString();
      const until = earlier(span.until, this.filter.until).toISOString();
      months.push({ month, ...(await this.count({ ...this.filter, from, until })) });
    }
    return months;
  }

  async channels(): Promise<PackData['channels']> {
    const { rows } = await sql<{ channel: string; comments: number; mentions: number; primary: number }>`
      select coalesce(c.channel, '') as channel, count(*)::int as comments, count(*) filter (where ${this.#theme} = any (t.mentions))::int as mentions,
             count(*) filter (where t.primary_theme = ${this.#theme})::int as primary
        from comments c ${this.#themes()} where ${matching(this.filter)}
       group by 1 order by mentions desc, 1`.execute(this.#tx);
    return rows.map(({ channel, ...counted }) => ({ channel, ...this.#shares(counted) }));
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

  /** One per customer: about this theme above all, about little else, in its words, neither a cry nor an essay. */
  async verbatims(): Promise<Verbatim[]> {
    const { rows } = await sql<Verbatim & { occurredAt: Date; customerId: string | null; name: string | null }>`
      select * from (
        select distinct on (coalesce(c.customer_id, c.feedback_id::text))
               c.feedback_id as "feedbackId", c.customer_id as "customerId", k.name, coalesce(c.channel, '') as channel,
               c.occurred_at as "occurredAt", c.scale, c.score, c.comment as text,
               array[(t.primary_theme is distinct from ${this.#theme})::int, cardinality(t.mentions), -w.words,
                     (length(c.comment) not between 8 and 300)::int] as place
          from comments c ${this.#themes()} left join customers k using (customer_id)
         cross join lateral (
           select count(*)::int as words from code_frames f, jsonb_array_elements(f.document -> 'themes') as theme,
                  jsonb_array_elements_text(theme -> 'words') as word
            where f.version = t.frame_version and theme ->> 'id' = ${this.#theme} and strpos(lower(c.comment), lower(word)) > 0) as w
         where ${this.#named(this.filter)}
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
    return sql`${matching(filter)} and ${this.#theme} = any (t.mentions)`;
  }

  #shares(counted: { comments: number; mentions: number; primary: number }): ThemeCount {
    const { comments: of, mentions, primary } = counted;
    const share = (hits: number) => (of === 0 ? null : wilson({ hits, of }, this.#policy.rca.confidence));
    return { ...counted, mentionShare: share(mentions), primaryShare: share(primary) };
  }
}

const later = (a: Date, b: string | undefined) => (b && new Date(b) > a ? new Date(b) : a);
const earlier = (a: Date, b: string | undefined) => (b && new Date(b) < a ? new Date(b) : a);
