/**
 * All work on texts, in a process of its own: learning a frame, the themes of comments, discovery, keywords. Ends by an
 * uncaught error or when its parent ends it; everything it has done by then is committed, everything else is begun anew.
 */
import { setPriority } from 'node:os';
import { describe } from '@heard/bus/bus';
import { openDatabase } from '@heard/service/database';
import type { FromAnalyst, ToAnalyst } from './analyst.ts';
import { Assigner } from './assigning.ts';
import { runDiscovery } from './discovering.ts';
import { keywordsOf } from './keywords.ts';
import { learn } from './learning.ts';
import { servingFrame } from './theme-counts.ts';
import { forgetUnwanted, hasNews, wantedFrames } from './wanted-frames.ts';

// Whoever answers customers goes first.
setPriority(10);
// Nobody is left to work for.
process.on('disconnect', () => process.exit());

let databaseUrl = '';
let woken = 0;
let wake = () => {};
const questions: NonNullable<ToAnalyst['question']>[] = [];
const begun = new Promise<void>((resolve) => {
  process.on('message', (message: ToAnalyst) => {
    databaseUrl = message.databaseUrl;
    woken = message.wakes;
    if (message.question) questions.push(message.question);
    wake();
    resolve();
  });
});
await begun;
const database = openDatabase({
  url: databaseUrl,
  schema: 'rca',
  connections: 1,
  onError: () => {}, // the next statement says so
});
const assigner = new Assigner(database);
const say = (message: FromAnalyst) => process.send!(message);

async function work(): Promise<never> {
  for (;;) {
    const seen = woken;
    while (await step());
    const news = await hasNews(database);
    // Nothing is awaited from here on, so that no wake is missed.
    if (seen !== woken || questions.length > 0) continue;
    if (news) say({ type: 'complete' });
    const message = new Promise<void>((resolve) => {
      wake = resolve;
    });
    say({ type: 'rests', wakes: woken });
    await message;
  }
}

work().catch((error: unknown) => {
  const message: FromAnalyst = { type: 'fails', why: describe(error) };
  process.send!(message, () => process.exit(1));
});

/** The most urgent piece of work; true while there may be more. */
async function step(): Promise<boolean> {
  const question = questions.shift();
  if (question) {
    const keywords = await keywordsOf(database, question, await assigner.modelOf(await servingFrame(database)));
    say({ type: 'answers', number: question.number, keywords });
    return true;
  }
  if (await assigner.assignPending()) return true;
  for (const frame of await wantedFrames(database)) {
    if (!frame.isLearnt) {
      await learn(database, frame);
      return true;
    }
    if (frame.complete) continue;
    await assigner.assignNext(frame);
    return true;
  }
  return (await runDiscovery(database)) || forgetUnwanted(database);
}
