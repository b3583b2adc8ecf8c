import type { Database } from '@heard/bus/log';
import { learnFrame } from '@heard/themes/guided';
import { storeModel } from '@heard/themes/stored-model';
import { sql } from 'kysely';
import { matching } from '../corpus/corpus-filter.ts';
import { sampleTexts } from '../corpus/corpus-sample.ts';
import type { WantedFrame } from './wanted-frames.ts';

/** As many different comments as a model is taught by; see `sampled` of @heard/themes. */
const most = 20_000;

/** Learns a version from the corpus and stores what it learnt, once: who learnt it first has learnt it. */
export async function learn(database: Database, { version, document }: WantedFrame): Promise<void> {
  const { texts, comments } = await sampleTexts(database, matching({}), most, false);
  const model = learnFrame(
    document,
    texts.map(({ comment }) => comment),
  );
  await sql`
    update code_frames set model = ${storeModel(model)}, learnt_from = ${comments} where version = ${version} and model is null`.execute(
    database,
  );
}
