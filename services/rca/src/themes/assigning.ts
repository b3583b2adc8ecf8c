import type { Database, Tx } from '@heard/bus/log';
import { assign } from '@heard/themes/assign';
import type { CodeFrame } from '@heard/themes/frame';
import type { GuidedModel } from '@heard/themes/guided';
import { readModel } from '@heard/themes/stored-model';
import { sql } from 'kysely';
import { labelsOf } from './kept-labels.ts';
import { goesOnIn, labelled } from './labels.ts';
import { lockThemes, type WantedFrame, wantedFrames } from './wanted-frames.ts';

const batch = 1_000;

interface Said {
  id: string;
  comment: string | null;
}

interface Themes {
  primary: string | null;
  mentions: string;
  uncertain: boolean;
}

const remembered = 20_000;

/** The stored model of one version, and what it answered lately: people often say the same. */
interface Reader {
  model: GuidedModel;
  answers: Map<string, Themes>;
}

/**
 * Finds the themes of comments by the versions that are wanted. Text work is done outside transactions, and what is
 * written is one batch, so that nothing is half done whenever the process ends.
 */
export class Assigner {
  readonly #database: Database;
  readonly #readers = new Map<number, Reader>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Comments that came or changed, by every version that is learnt; true while there may be more. */
  async assignPending(): Promise<boolean> {
    const { rows: pending } = await sql<{ place: string; id: string }>`
      select place, feedback_id as id from pending_comments order by place limit ${batch}`.execute(this.#database);
    if (pending.length === 0) return false;
    // Read after what is pending: a version published later begins with all that was there now.
    const frames = await wantedFrames(this.#database);
    const { rows: said } = await sql<Said>`
      select feedback_id as id, comment from comments where feedback_id = any (${pending.map(({ id }) => id)}::uuid[])`.execute(
      this.#database,
    );
    const found = await this.#themesOf(frames, said);
    await this.#database.transaction().execute(async (tx) => {
      await lockThemes(tx);
      await sql`delete from pending_comments where place = any (${pending.map(({ place }) => place)}::bigint[])`.execute(
        tx,
      );
      await write(tx, found);
      await sql`
        delete from comment_themes t using comments c where c.feedback_id = any (${said.map(({ id }) => id)}::uuid[])
           and t.frame_version in (select version from code_frames) and t.feedback_id = c.feedback_id and coalesce(c.comment, '') = ''`.execute(
        tx,
      );
    });
    return true;
  }

  /** The next batch of all comments by a version that has not seen them. */
  async assignNext(frame: WantedFrame): Promise<void> {
    const { version, assignedTo } = frame;
    const { rows: said } = await sql<Said>`
      select feedback_id as id, comment from comments where comment <> '' and triaged_revision > 0 and (${assignedTo}::uuid is null or feedback_id > ${assignedTo}::uuid)
       order by feedback_id limit ${batch}`.execute(this.#database);
    const found = await this.#themesOf([frame], said);
    await this.#database.transaction().execute(async (tx) => {
      await lockThemes(tx);
      const isLast = said.length < batch;
      const { numAffectedRows } = await sql`
        update code_frames set assigned_to = ${said.at(-1)?.id ?? assignedTo}, complete = ${isLast}
         where version = ${version} and assigned_to is not distinct from ${assignedTo}::uuid and not complete`.execute(
        tx,
      );
      if (numAffectedRows === 1n) await write(tx, found);
    });
  }

  async modelOf(version: number | undefined): Promise<GuidedModel | undefined> {
    return version === undefined ? undefined : (await this.#reader(version)).model;
  }

  async #themesOf(frames: readonly WantedFrame[], said: readonly Said[]): Promise<Found[]> {
    const found: Found[] = [];
    for (const { version, isLearnt } of frames) {
      if (!isLearnt) continue;
      const reader = await this.#reader(version);
      for (const { id, comment } of said) {
        if (comment) found.push({ version, id, ...answer(reader, comment) });
      }
    }
    for (const version of this.#readers.keys()) {
      if (!frames.some((frame) => frame.version === version)) this.#readers.delete(version);
    }
    return found;
  }

  async #reader(version: number): Promise<Reader> {
    let reader = this.#readers.get(version);
    if (!reader) {
      const { rows } = await sql<{ model: Buffer }>`select model from code_frames where version = ${version}`.execute(
        this.#database,
      );
      reader = { model: readModel(rows[0]!.model), answers: new Map() };
      this.#readers.set(version, reader);
    }
    return reader;
  }
}

interface Found extends Themes {
  version: number;
  id: string;
}

/** What nothing names and no words settle is counted under no theme, and left to discovery. */
function answer({ model, answers }: Reader, comment: string): Themes {
  const known = answers.get(comment);
  if (known) return known;
  const { primary, mentions, uncertain } = assign(model, comment);
  const idOf = (theme: number) => model.themes[theme]!.id;
  const themes = uncertain
    ? { primary: null, mentions: '', uncertain }
    : { primary: idOf(primary), mentions: mentions.map(idOf).join(','), uncertain };
  if (answers.size >= remembered) answers.clear();
  answers.set(comment, themes);
  return themes;
}

async function write(tx: Tx, model: readonly Found[]): Promise<void> {
  if (model.length === 0) return;
  const found = await obeyLabels(tx, model);
  await sql`
    insert into comment_themes as was (frame_version, feedback_id, primary_theme, mentions, uncertain, of_revision, occurred_at, day,
      channel, kind, product, segment, scale, high_value)
    select t.version, c.feedback_id, t.main, string_to_array(t.mentions, ','), t.uncertain, c.revision + c.triaged_revision, c.occurred_at,
           (c.occurred_at at time zone f.time_zone)::date, c.channel, c.kind, c.product, c.segment, c.scale, c.high_value
      from unnest(${found.map((f) => f.version)}::int[], ${found.map((f) => f.id)}::uuid[], ${found.map((f) => f.primary)}::text[],
        ${found.map((f) => f.mentions)}::text[], ${found.map((f) => f.uncertain)}::bool[]) as t (version, id, main, mentions, uncertain)
      join comments c on c.feedback_id = t.id join code_frames f on f.version = t.version
     where c.comment <> ''
    on conflict (frame_version, feedback_id) do update set primary_theme = excluded.primary_theme, mentions = excluded.mentions,
      uncertain = excluded.uncertain, of_revision = excluded.of_revision, occurred_at = excluded.occurred_at, day = excluded.day,
      channel = excluded.channel, kind = excluded.kind, product = excluded.product, segment = excluded.segment,
      scale = excluded.scale, high_value = excluded.high_value
      where was.* is distinct from excluded.*`.execute(tx);
}

/** What analysts said stands above what the model says. Read behind the lock of whoever labels. */
async function obeyLabels(tx: Tx, model: readonly Found[]): Promise<readonly Found[]> {
  const labels = await labelsOf(tx, [...new Set(model.map(({ id }) => id))]);
  if (labels.size === 0) return model;
  const versions = [...new Set(model.map(({ version }) => version))];
  const { rows } = await sql<{ version: number; document: CodeFrame }>`
    select version, document from code_frames where version = any (${versions}::int[])`.execute(tx);
  const goesOn = new Map(rows.map(({ version, document }) => [version, goesOnIn(document)]));
  return model.map((one) => {
    const said = labels.get(one.id);
    if (!said) return one;
    const named = { ...one, mentions: one.mentions === '' ? [] : one.mentions.split(',') };
    const { primary, mentions, uncertain } = labelled(named, said, goesOn.get(one.version)!);
    return { ...one, primary, mentions: mentions.join(','), uncertain };
  });
}
