import type { Database, Tx } from '@heard/bus/log';
import type { CodeFrame } from '@heard/themes/frame';
import { sql } from 'kysely';

/** A version whose themes are kept up: the serving one, the one being learnt, those that are held. */
export interface WantedFrame {
  version: number;
  document: CodeFrame;
  isLearnt: boolean;
  complete: boolean;
  assignedTo: string | null;
}

const isWanted = sql`(f.state in ('learning', 'serving') or exists (select from held_frames h where h.frame_version = f.version))`;

export async function wantedFrames(db: Database | Tx): Promise<WantedFrame[]> {
  const { rows } = await sql<WantedFrame>`
    select version, document, model is not null as "isLearnt", complete, assigned_to as "assignedTo"
      from code_frames f where ${isWanted} order by version`.execute(db);
  return rows;
}

/** Whether there is anything to do for the process that finds themes. */
export async function hasWork(db: Database): Promise<boolean> {
  const { rows } = await sql`
    select 1 from pending_comments
    union all select 1 from code_frames f where ${isWanted} and (model is null or not complete or state = 'learning')
    union all select 1 from code_frames f where not ${isWanted} and exists (select from comment_themes t where t.frame_version = f.version)
    union all select 1 from discoveries where state in ('waiting', 'found')
    limit 1`.execute(db);
  return rows.length > 0;
}

/** At so many times the comments it was learnt from, a version is learnt again. */
const growth = 4;
/** With fewer comments the key words say nearly all there is. */
const leastToLearn = 500;
/** From here on more comments teach nothing. */
const learntAll = 100_000;

/** The serving version, when the comments have outgrown what it was learnt from; from then on the next one is wanted. */
export async function outgrownFrame(db: Database | Tx): Promise<number | undefined> {
  const { rows } = await sql<{ version: number }>`
    select f.version from code_frames f where state = 'serving' and learnt_from < ${learntAll} and not exists (select from code_frames where state = 'learning')
       and (select coalesce(sum(mentions), 0) from theme_counts c where c.frame_version = f.version and grain = 'month' and theme = '')
           >= greatest(${leastToLearn}, learnt_from * ${growth})`.execute(db);
  return rows[0]?.version;
}

/** Whether something is complete that nobody has let serve, or outgrown and not yet followed. */
export async function hasNews(db: Database): Promise<boolean> {
  const { rows } = await sql`
    select 1 from code_frames where state = 'learning' and complete union all select 1 from discoveries where state = 'found'`.execute(
    db,
  );
  return rows.length > 0 || (await outgrownFrame(db)) !== undefined;
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
    // Whoever wants one again later has all comments looked at again.
    await sql`
      update code_frames f set complete = false, assigned_to = null where not ${isWanted} and (complete or assigned_to is not null)`.execute(
      tx,
    );
    const { numAffectedRows } = await sql`
      delete from comment_themes where ctid = any (array(
        select t.ctid from comment_themes t join code_frames f on f.version = t.frame_version where not ${isWanted} limit ${batch}))`.execute(
      tx,
    );
    if (numAffectedRows! > 0n) return true;
    const discovered = await sql`
      delete from discovered_comments where ctid = any (array(
        select c.ctid from discovered_comments c join discoveries using (number) where state = 'retired' limit ${batch}))`.execute(
      tx,
    );
    if (discovered.numAffectedRows! > 0n) return true;
    await sql`
      delete from theme_counts c using code_frames f
       where f.version = c.frame_version and not ${isWanted} and c.mentions = 0`.execute(tx);
    return false;
  });
}
