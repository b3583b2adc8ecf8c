import type { Database, Tx } from '@heard/bus/log';
import { type Event, newEvent } from '@heard/events/event';
import type { RootCauses } from '@heard/policy/root-causes';
import type { Change } from '@heard/themes/lineage';
import { sql } from 'kysely';
import type * as z from 'zod';
import { wakeAnalyst } from '../corpus/corpus.ts';
import type { CorpusFilter } from '../corpus/corpus-filter.ts';

export type Scope = 'unexplained' | 'all';

/** Asks for a discovery; one that waits already is the same one. Returns its number. */
export async function requestDiscovery(
  tx: Tx,
  { scope, filter, ...made }: { scope: Scope; filter: CorpusFilter; by: string; at: Date },
  { discovery }: z.infer<typeof RootCauses>,
): Promise<number> {
  const asked = JSON.stringify(filter);
  const { rows: waiting } = await sql<{ number: number }>`
    select number from discoveries where state = 'waiting' and scope = ${scope} and filter = ${asked}::jsonb`.execute(
    tx,
  );
  if (waiting[0]) return waiting[0].number;
  const { rows } = await sql<{ number: number }>`
    insert into discoveries (state, scope, filter, least, most, min_comments, requested_at, requested_by)
    values ('waiting', ${scope}, ${asked}::jsonb, ${discovery.least}, ${discovery.most}, ${discovery.minComments}, ${made.at}, ${made.by})
    returning number`.execute(tx);
  await wakeAnalyst(tx);
  return rows[0]!.number;
}

/** Lets the discovery that is whole serve; returns what that changes. */
export async function serveFound(tx: Tx, at: Date): Promise<Event[]> {
  const { rows } = await sql<{ number: number; lineage: Change[] }>`
    select number, lineage from discoveries where state = 'found' for update`.execute(tx);
  const found = rows[0];
  if (!found) return [];
  const { number, lineage } = found;
  const { rows: known } = await sql<{ theme_id: string }>`
    select theme_id from discovered_themes join discoveries using (number) where state = 'serving'`.execute(tx);
  await sql`update discoveries set state = 'retired' where state = 'serving'`.execute(tx);
  await sql`update discoveries set state = 'serving' where number = ${number}`.execute(tx);
  await wakeAnalyst(tx);
  const wasThere = new Set(known.map(({ theme_id }) => theme_id));
  const fact = { tier: 'discovery' as const, version: number, at: at.toISOString() };
  const detected = (await themesOf(tx, number)).filter(({ themeId }) => !wasThere.has(themeId));
  return [
    ...detected.map(({ themeId, words, comments }) =>
      newEvent('theme.detected', themeId, { ...fact, themeId, words, comments }, at),
    ),
    ...changesOf(lineage).map((change) => newEvent('theme.changed', change.themeId, { ...fact, ...change }, at)),
  ];
}

/** One fact per theme that did not simply go on. */
function changesOf(
  lineage: readonly Change[],
): { themeId: string; change: 'split' | 'merged' | 'gone'; into: string[] }[] {
  return lineage.flatMap(({ kind, from, into }) => {
    if (kind === 'kept' || kind === 'new') return [];
    const ended = kind === 'split' ? from : from.filter((id) => !into.includes(id));
    return ended.map((themeId) => ({ themeId, change: kind, into }));
  });
}

export interface DiscoveredTheme {
  themeId: string;
  words: string[];
  comments: number;
  quotes: string[];
  takenAs: string | null;
}

/** The themes of one discovery, largest first. */
export async function themesOf(db: Database | Tx, number: number): Promise<DiscoveredTheme[]> {
  const { rows } = await sql<DiscoveredTheme>`
    select theme_id as "themeId", words, comments, quotes, taken_as as "takenAs" from discovered_themes where number = ${number}
     order by comments desc, theme_id`.execute(db);
  return rows;
}
