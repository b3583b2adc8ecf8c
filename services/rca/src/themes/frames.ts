import { readFileSync } from 'node:fs';
import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { type Event, newEvent } from '@heard/events/event';
import type { RcaConfig } from '@heard/service/rca-configuration';
import { type CodeFrame, codeFrame, parseFrame } from '@heard/themes/frame';
import { sql } from 'kysely';
import * as z from 'zod';
import { wakeAnalyst } from '../corpus/corpus.ts';
import { changesBetween } from './frame-changes.ts';
import { countThemes } from './theme-counts.ts';
import { outgrownFrame } from './wanted-frames.ts';

/** What comments of no theme are listed under; no theme may be called so. */
export const noTheme = 'none';

/** The document is no code frame; the message holds every fault. */
export class InvalidFrame extends Error {
  override name = 'InvalidFrame';
}

/** Where nobody has published a code frame yet, version 1 is the starter. */
export async function plantStarter(
  tx: Tx,
  name: RcaConfig['STARTER_FRAME'],
  timeZone: string,
  at: Date,
): Promise<void> {
  if (name === 'none') return;
  await lockFrames(tx);
  const { rows } = await sql`select 1 from code_frames limit 1`.execute(tx);
  if (rows.length > 0) return;
  const file = new URL(`../../../../packages/themes/frames/${name}.yaml`, import.meta.url);
  await insert(tx, { ...parseFrame(readFileSync(file, 'utf8')), version: 1 }, { by: 'heard', timeZone, at });
}

/**
 * Adds a version. It is learnt and all comments get their themes by it while the version before serves; then it serves.
 * One that is still being learnt gives way. Throws InvalidFrame, and Rejection where somebody else was faster.
 */
export async function publishFrame(
  tx: Tx,
  document: Omit<CodeFrame, 'version'>,
  made: { by: string; timeZone: string; at: Date; expected?: number },
): Promise<number> {
  await lockFrames(tx);
  const { rows } = await sql<{
    latest: number;
  }>`select coalesce(max(version), 0)::int as latest from code_frames`.execute(tx);
  const { latest } = rows[0]!;
  if (made.expected !== undefined && !(await isUnchanged(tx, made.expected))) {
    throw new Rejection('version-changed', `The newest version is ${latest}, this was made from ${made.expected}.`);
  }
  const { success, data, error } = codeFrame.safeParse({ ...document, version: latest + 1 });
  if (!success) throw new InvalidFrame(z.prettifyError(error));
  if (data.themes.some(({ id }) => id === noTheme)) throw new InvalidFrame(`no theme may have the id ${noTheme}`);
  await sql`update code_frames set state = 'retired' where state = 'learning'`.execute(tx);
  await insert(tx, data, made);
  return data.version;
}

/** Whether the newest version says the same as this one: it may only have been learnt again. */
async function isUnchanged(tx: Tx, version: number): Promise<boolean> {
  const { rows } = await sql`
    select 1 from code_frames f, code_frames newest where f.version = ${version}
       and newest.version = (select max(version) from code_frames) and f.document - 'version' = newest.document - 'version'`.execute(
    tx,
  );
  return rows.length > 0;
}

/**
 * A version answers the same for ever, so one that was learnt from few comments is followed by another with the same
 * themes, learnt from more, when the corpus has grown to four times as many.
 */
export async function learnAgain(tx: Tx, at: Date): Promise<void> {
  await lockFrames(tx);
  const version = await outgrownFrame(tx);
  if (version === undefined) return;
  const { rows } = await sql<{ document: CodeFrame; time_zone: string }>`
    select document, time_zone from code_frames where version = ${version}`.execute(tx);
  const { document, time_zone } = rows[0]!;
  await publishFrame(tx, document, { by: 'heard', timeZone: time_zone, at });
}

async function insert(tx: Tx, frame: CodeFrame, made: { by: string; timeZone: string; at: Date }): Promise<void> {
  await sql`
    insert into code_frames (version, document, published_at, published_by, state, time_zone)
    values (${frame.version}, ${JSON.stringify(frame)}::jsonb, ${made.at}, ${made.by}, 'learning', ${made.timeZone})`.execute(
    tx,
  );
  await wakeAnalyst(tx);
}

/** Lets the version that has been learnt and has seen every comment serve; returns what that changes. */
export async function serveComplete(tx: Tx, at: Date): Promise<Event[]> {
  await lockFrames(tx);
  const { rows } = await sql<{ version: number; document: CodeFrame; state: string }>`
    select version, document, state from code_frames where state = 'serving' or (state = 'learning' and complete)`.execute(
    tx,
  );
  const next = rows.find(({ state }) => state === 'learning');
  if (!next) return [];
  const before = rows.find(({ state }) => state === 'serving');
  await sql`update code_frames set state = 'retired' where state = 'serving'`.execute(tx);
  await sql`update code_frames set state = 'serving' where version = ${next.version}`.execute(tx);
  await wakeAnalyst(tx);
  return announce(tx, before?.document, next.document, at);
}

async function announce(tx: Tx, before: CodeFrame | undefined, frame: CodeFrame, at: Date): Promise<Event[]> {
  const { detected, changed } = changesBetween(before, frame);
  const counts = await countThemes(tx, frame.version, {});
  const fact = { tier: 'frame' as const, version: frame.version, at: at.toISOString() };
  return [
    ...detected.map(({ id, zh, en, words }) => {
      const comments = counts.themes.get(id)?.mentions ?? 0;
      return newEvent('theme.detected', id, { ...fact, themeId: id, names: { zh, en }, words, comments }, at);
    }),
    ...changed.map((change) => newEvent('theme.changed', change.themeId, { ...fact, ...change }, at)),
  ];
}

/** Versions are made and served one after the other. */
async function lockFrames(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('rca.frames'))`.execute(tx);
}
