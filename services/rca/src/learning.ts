import type { Database } from '@heard/bus/log';
import { learnFrame } from '@heard/themes/guided';
import { storeModel } from '@heard/themes/stored-model';
import { sql } from 'kysely';
import type { WantedFrame } from './wanted-frames.ts';

const page = 5_000;
/** As many different comments as a model is taught by; see `sampled` of @heard/themes. */
const most = 20_000;

/** Learns a version from the corpus and stores what it learnt, once: who learnt it first has learnt it. */
export async function learn(database: Database, { version, document }: WantedFrame): Promise<void> {
  const comments = await sampleOf(database);
  const model = storeModel(learnFrame(document, comments));
  await sql`update code_frames set model = ${model}, learnt_from = ${comments.length} where version = ${version} and model is null`.execute(
    database,
  );
}

/** Different comments drawn by what they say, so that the same corpus is the same sample in whatever order it came. */
async function sampleOf(database: Database): Promise<string[]> {
  let drawn: { comment: string; place: string }[] = [];
  const seen = new Set<string>();
  let after: string | null = null;
  for (;;) {
    const { rows }: { rows: { id: string; comment: string; place: string }[] } = await sql<{
      id: string;
      comment: string;
      place: string;
    }>`
      select feedback_id as id, comment, md5(comment) as place from comments
       where comment <> '' and (${after}::uuid is null or feedback_id > ${after}::uuid)
       order by feedback_id limit ${page}`.execute(database);
    for (const { comment, place } of rows) {
      if (seen.has(place)) continue;
      seen.add(place);
      drawn.push({ comment, place });
    }
    if (drawn.length > most * 2) {
      drawn = first(drawn);
      // What was drawn out stays out: only smaller places can still come in.
      seen.clear();
      for (const { place } of drawn) seen.add(place);
    }
    if (rows.length < page) return first(drawn).map(({ comment }) => comment);
    after = rows.at(-1)!.id;
  }
}

function first(drawn: { comment: string; place: string }[]): { comment: string; place: string }[] {
  return drawn.sort((a, b) => (a.place < b.place ? -1 : 1)).slice(0, most);
}
