import type { Database, Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { type Event, newEvent } from '@heard/events/event';
import { NotFound } from '@heard/service/http';
import { type RawBuilder, sql } from 'kysely';
import type { CorpusFilter } from '../corpus/corpus-filter.ts';
import { checkThemes, servedFrame } from '../themes/served-frame.ts';
import { endProven } from './fly-wires.ts';
import {
  type Command,
  decide,
  evolve,
  type Fact,
  type Initiative,
  isOver,
  reranked,
  type State,
} from './initiative.ts';

export interface Draft {
  initiativeId: string;
  themeId: string;
  title: string;
  ownerId: string;
  department: string;
  fixDueAt: Date;
  reviewDueAt: Date;
  whyTreeId?: string;
  filter?: CorpusFilter;
  /** Without one: the last. */
  rank?: number;
  by: string;
}

/** Throws Rejection where the theme is not counted, or the tree is not about it. */
export async function openInitiative(tx: Tx, draft: Draft, at: Date): Promise<Event[]> {
  if (draft.reviewDueAt < draft.fixDueAt) {
    throw new Rejection('review-before-fix', 'a fix is reviewed after it was due');
  }
  checkThemes(await servedFrame(tx), [draft.themeId]);
  if (draft.whyTreeId) {
    const { rows } =
      await sql`select from why_trees where tree_id = ${draft.whyTreeId} and theme_id = ${draft.themeId}`.execute(tx);
    if (rows.length === 0) throw new Rejection('unknown-why-tree', 'this theme has no such tree of whys');
  }
  const { initiativeId, themeId, ownerId, department, by } = draft;
  const ranked = reranked(await lockRanks(tx), initiativeId, draft.rank ?? Number.MAX_SAFE_INTEGER);
  const rank = ranked.indexOf(initiativeId) + 1;
  await sql`
    insert into initiatives (initiative_id, theme_id, why_tree_id, filter, title, rank, owner_id, department, fix_due_at,
      review_due_at, opened_by, opened_at)
    values (${initiativeId}, ${themeId}, ${draft.whyTreeId ?? null}, ${draft.filter ? JSON.stringify(draft.filter) : null}::jsonb,
      ${draft.title}, ${rank}, ${ownerId}, ${department}, ${draft.fixDueAt.toISOString()}, ${draft.reviewDueAt.toISOString()},
      ${by}, ${at.toISOString()})`.execute(tx);
  await writeRanks(tx, ranked);
  const dueAt = draft.fixDueAt.toISOString();
  const data = { initiativeId, themeId, at: at.toISOString(), ownerId, department, rank, dueAt, by };
  return [newEvent('initiative.opened', initiativeId, data, at)];
}

/** Throws NotFound, or Rejection where the rules say no. */
export async function moveInitiative(tx: Tx, initiativeId: string, command: Command, at: Date): Promise<Event[]> {
  const order = await lockRanks(tx);
  const { rows } = await sql<Initiative & { themeId: string }>`
    select state, owner_id as "ownerId", fixed_at as "fixedAt", confirmed_by as "confirmedBy",
           confirmed_from as "confirmedFrom", theme_id as "themeId"
      from initiatives where initiative_id = ${initiativeId} for update`.execute(tx);
  if (!rows[0]) throw new NotFound('There is no such initiative.');
  const { themeId, ...before } = rows[0];
  const facts = decide(command, before);
  const { state, fixedAt, confirmedBy, confirmedFrom } = facts.reduce(evolve, before);
  await sql`
    update initiatives set state = ${state}, fixed_at = ${fixedAt?.toISOString() ?? null}, confirmed_by = ${confirmedBy},
      confirmed_from = ${confirmedFrom?.toISOString() ?? null},
      rank = case when ${isOver(state)} then null else rank end
     where initiative_id = ${initiativeId}`.execute(tx);
  if (isOver(state)) {
    await writeRanks(
      tx,
      order.filter((id) => id !== initiativeId),
    );
  }
  const moves = facts.filter((fact) => fact.type === 'moved');
  for (const move of moves) await record(tx, initiativeId, move, at);
  const events = moves.map(({ from, to, by }) =>
    newEvent('initiative.moved', initiativeId, { initiativeId, themeId, at: at.toISOString(), from, to, by }, at),
  );
  const proof = moves.find((move) => move.to === 'proven');
  return proof ? [...events, ...(await endProven(tx, initiativeId, proof.by, at))] : events;
}

/** Which theme it is against, and since when its fix is live. Throws NotFound. */
export async function aimOf(tx: Tx, initiativeId: string): Promise<{ themeId: string; fixedAt: Date | null }> {
  const { rows } = await sql<{ themeId: string; fixedAt: Date | null }>`
    select theme_id as "themeId", fixed_at as "fixedAt" from initiatives where initiative_id = ${initiativeId}`.execute(
    tx,
  );
  if (!rows[0]) throw new NotFound('There is no such initiative.');
  return rows[0];
}

/**
 * A validation confirmed the fix. Returns the events to publish: the move to proven, or [] where nobody has said yet that
 * it is fixed (saying so will prove it), where it is proven already, was abandoned, or was fixed after the window began. `by`: who concluded.
 */
export async function initiativeProven(
  tx: Tx,
  initiativeId: string,
  { at, ...confirmation }: Omit<Command & { do: 'confirm' }, 'do'> & { at: Date },
): Promise<Event[]> {
  try {
    return await moveInitiative(tx, initiativeId, { do: 'confirm', ...confirmation }, at);
  } catch (error) {
    if (error instanceof Rejection) return [];
    throw error;
  }
}

/** Throws NotFound, or Rejection where it is over. */
export async function rankInitiative(tx: Tx, initiativeId: string, rank: number): Promise<void> {
  const order = await lockRanks(tx);
  if (!order.includes(initiativeId)) {
    const { rows } = await sql`select 1 from initiatives where initiative_id = ${initiativeId}`.execute(tx);
    if (rows.length === 0) throw new NotFound('There is no such initiative.');
    throw new Rejection('wrong-state', 'what is over has no rank');
  }
  await writeRanks(tx, reranked(order, initiativeId, rank));
}

/** In the order of their ranks. Whoever opens, ends or ranks waits for the others, so that ranks stay without a gap. */
async function lockRanks(tx: Tx): Promise<string[]> {
  await sql`select pg_advisory_xact_lock(hashtext('rca.ranks'))`.execute(tx);
  const { rows } = await sql<{ id: string }>`
    select initiative_id as id from initiatives where rank is not null order by rank`.execute(tx);
  return rows.map(({ id }) => id);
}

async function writeRanks(tx: Tx, order: readonly string[]): Promise<void> {
  await sql`
    update initiatives i set rank = o.rank from unnest(${order}::uuid[]) with ordinality as o (id, rank)
     where i.initiative_id = o.id and i.rank <> o.rank`.execute(tx);
}

async function record(tx: Tx, initiativeId: string, fact: Fact & { type: 'moved' }, at: Date): Promise<void> {
  await sql`
    insert into initiative_moves (initiative_id, number, from_state, to_state, by, reason, at)
    select ${initiativeId}, count(*) + 1, ${fact.from}, ${fact.to}, ${fact.by}, ${fact.reason ?? null}::text, ${at.toISOString()}::timestamptz
      from initiative_moves where initiative_id = ${initiativeId}`.execute(tx);
}

export interface InitiativeRow {
  initiativeId: string;
  themeId: string;
  whyTreeId: string | null;
  filter: CorpusFilter | null;
  title: string;
  state: State;
  rank: number | null;
  ownerId: string;
  department: string;
  fixDueAt: Date;
  reviewDueAt: Date;
  fixedAt: Date | null;
  confirmedBy: string | null;
  openedBy: string;
  openedAt: Date;
}

/** Those still to be done in the order of their ranks, then the others, newest first. */
export async function readInitiatives(
  db: Database | Tx,
  where: RawBuilder<unknown>,
  limit = 1,
): Promise<InitiativeRow[]> {
  const { rows } = await sql<InitiativeRow>`
    select initiative_id as "initiativeId", theme_id as "themeId", why_tree_id as "whyTreeId", filter, title, state, rank,
           owner_id as "ownerId", department, fix_due_at as "fixDueAt", review_due_at as "reviewDueAt", fixed_at as "fixedAt",
           confirmed_by as "confirmedBy", opened_by as "openedBy", opened_at as "openedAt"
      from initiatives where ${where} order by rank nulls last, opened_at desc, initiative_id limit ${limit}`.execute(
    db,
  );
  return rows;
}

/** Throws NotFound. */
export async function readInitiative(db: Database | Tx, initiativeId: string): Promise<InitiativeRow> {
  const [found] = await readInitiatives(db, sql`initiative_id = ${initiativeId}`);
  if (!found) throw new NotFound('There is no such initiative.');
  return found;
}
