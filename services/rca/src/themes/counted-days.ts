import type { Database, Tx } from '@heard/bus/log';
import { type RawBuilder, sql } from 'kysely';
import type { CorpusFilter } from '../corpus/corpus-filter.ts';

interface CountedDays {
  /** Which rows of `theme_counts c` cover the whole days. */
  sums: RawBuilder<boolean>;
  /** Which rows of `comment_themes t` lie in a day that a bound cuts. */
  rows: RawBuilder<boolean>;
}

interface Bound {
  /** The whole day at or after (`from`), at or before (`until`) the bound. */
  day: string;
  /** When that day begins. */
  begins: Date;
}

/** Takes the time of a filter apart: months where they are whole, days where they are, rows for what is left. */
export async function countedDays(
  db: Database | Tx,
  frameVersion: number,
  { from, until, campaigns }: CorpusFilter,
  inDays: boolean,
): Promise<CountedDays> {
  if (campaigns) return { sums: sql<boolean>`false`, rows: between(from, until) };
  const first = from === undefined ? undefined : await wholeDay(db, frameVersion, from, 'after');
  const end = until === undefined ? undefined : await wholeDay(db, frameVersion, until, 'before');
  if (first && end && first.day > end.day) {
    return { sums: sql<boolean>`false`, rows: between(from, until) };
  }
  const cut: RawBuilder<boolean>[] = [];
  if (first) cut.push(sql`t.occurred_at >= ${from}::timestamptz and t.occurred_at < ${first.begins}`);
  if (end) cut.push(sql`t.occurred_at >= ${end.begins} and t.occurred_at < ${until}::timestamptz`);
  return {
    sums: inDays ? span('day', first?.day, end?.day) : withMonths(first?.day, end?.day),
    rows: cut.length > 0 ? sql<boolean>`(${sql.join(cut, sql` or `)})` : sql<boolean>`false`,
  };
}

function between(from: string | undefined, until: string | undefined): RawBuilder<boolean> {
  const conditions = [sql`true`];
  if (from) conditions.push(sql`t.occurred_at >= ${from}::timestamptz`);
  if (until) conditions.push(sql`t.occurred_at < ${until}::timestamptz`);
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

function withMonths(first: string | undefined, end: string | undefined): RawBuilder<boolean> {
  const firstMonth = first && (first.endsWith('-01') ? first : monthAfter(first));
  const endMonth = end && `${end.slice(0, 7)}-01`;
  if (firstMonth && endMonth && firstMonth >= endMonth) return span('day', first, end);
  const parts = [span('month', firstMonth, endMonth)];
  if (first && first !== firstMonth) parts.push(span('day', first, firstMonth));
  if (end && end !== endMonth) parts.push(span('day', endMonth, end));
  return sql<boolean>`(${sql.join(parts, sql` or `)})`;
}

function span(grain: 'day' | 'month', first: string | undefined, end: string | undefined): RawBuilder<boolean> {
  const conditions = [sql`c.grain = ${grain}`];
  if (first) conditions.push(sql`c.since >= ${first}::date`);
  if (end) conditions.push(sql`c.since < ${end}::date`);
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

function monthAfter(day: string): string {
  const [year, month] = [Number(day.slice(0, 4)), Number(day.slice(5, 7))];
  return month === 12 ? `${year + 1}-01-01` : `${year}-${String(month + 1).padStart(2, '0')}-01`;
}

async function wholeDay(db: Database | Tx, frameVersion: number, at: string, side: 'after' | 'before'): Promise<Bound> {
  const { rows } = await sql<Bound>`
    with zone as (select coalesce((select time_zone from code_frames where version = ${frameVersion}), 'UTC') as zone),
    cut as (select zone, date_trunc('day', ${at}::timestamptz at time zone zone) as day from zone),
    whole as (
      select zone, case when ${side} = 'before' or day at time zone zone = ${at}::timestamptz then day else day + interval '1 day' end as day
        from cut)
    select to_char(day, 'YYYY-MM-DD') as day, day at time zone zone as begins from whole`.execute(db);
  return rows[0]!;
}
