import type { Database, Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { type CodeFrame, countedThemes, type Theme } from '@heard/themes/frame';
import { sql } from 'kysely';

export interface ServedFrame {
  version: number;
  document: CodeFrame;
  /** Those counted, by id. */
  themes: ReadonlyMap<string, Theme>;
}

/** The code frame that is counted on now. Throws Rejection `no-frame` while there is none. */
export async function servedFrame(db: Database | Tx): Promise<ServedFrame> {
  const frame = await servingDocument(db);
  if (!frame) throw new Rejection('no-frame', 'no code frame is serving yet');
  return { ...frame, themes: new Map(countedThemes(frame.document).map((theme) => [theme.id, theme])) };
}

/** undefined while the first is being learnt. */
export async function servingDocument(
  db: Database | Tx,
): Promise<Pick<ServedFrame, 'version' | 'document'> | undefined> {
  const { rows } = await sql<Pick<ServedFrame, 'version' | 'document'>>`
    select version, document from code_frames where state = 'serving'`.execute(db);
  return rows[0];
}

/** Throws Rejection `unknown-theme` unless the frame counts all of them. */
export function checkThemes(frame: ServedFrame, themeIds: readonly string[]): void {
  const unknown = themeIds.filter((id) => !frame.themes.has(id));
  if (unknown.length > 0) {
    throw new Rejection('unknown-theme', `code frame ${frame.version} does not count ${unknown.join(', ')}`);
  }
}
