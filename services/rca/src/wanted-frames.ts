import type { Database, Tx } from '@heard/bus/log';
import type { CodeFrame } from '@heard/themes/frame';
import { sql } from 'kysely';

/** A version whose themes are kept up: the serving one, the one being learnt, those that are held. */
export interface WantedFrame {
  version: number;
  document: CodeFrame;
  isLearnt: boolean;
  complete: boolean;
  /** Complete, and nobody has let it serve yet. */
  waits: boolean;
  assignedTo: string | null;
}

const isWanted = sql`(f.state in ('learning', 'serving') or exists (select from held_frames h where h.frame_version = f.version))`;

export async function wantedFrames(db: Database | Tx): Promise<WantedFrame[]> {
  const { rows } = await sql<WantedFrame>`
    select version, document, model is not null as "isLearnt", complete, complete and state = 'learning' as waits, assigned_to as "assignedTo"
      from code_frames f where ${isWanted} order by version`.execute(db);
  return rows;
}

/** Whether there is anything to do for the thread that finds themes. */
export async function hasWork(db: Database): Promise<boolean> {
  const { rows } = await sql`
    select 1 from pending_comments
    union all select 1 from code_frames f where ${isWanted} and (model is null or not complete or state = 'learning')
    union all select 1 from code_frames f where not ${isWanted} and exists (select from comment_themes t where t.frame_version = f.version)
    union all select 1 from discoveries where state = 'waiting'
    limit 1`.execute(db);
  return rows.length > 0;
}

/** Only one of several replicas writes themes at a time; what each of them saw before it checks again. */
export async function lockThemes(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('rca.themes'))`.execute(tx);
}

const batch = 5_000;

/** Forgets the themes of versions nobody counts on any more, a batch at a time; true while there may be more. */
export async function forgetUnwanted(database: Database): Promise<boolean> {
  return database.transaction().execute(async (tx) => {
    await lockThemes(tx);
    const { numAffectedRows } = await sql`
      delete from comment_themes where ctid = any (array(
        select t.ctid from comment_themes t join code_frames f on f.version = t.frame_version where not ${isWanted} limit ${batch}))`.execute(
      tx,
    );
    if (numAffectedRows! > 0n) return true;
    await sql`
      delete from theme_counts c using code_frames f
       where f.version = c.frame_version and not ${isWanted} and c.mentions = 0`.execute(tx);
    return false;
  });
}
