import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import type { Event } from '@heard/events/event';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import type * as z from 'zod';
import { defaultFilter } from '../corpus/corpus-filter.ts';
import { mayMeasure } from '../initiatives/initiative.ts';
import { aimOf } from '../initiatives/initiatives.ts';
import { type Draft, idOf, insertRegistration, readRegistrations, stored } from './registrations.ts';
import { register, type Window } from './validation.ts';
import { holderOf, timerOf } from './validation-conclusion.ts';
import { controlOverlaps, outlooks } from './validation-counts.ts';

/** Returns the registration's id; what is written down already stays as it is. Throws Rejection where it proves nothing. */
export async function writeDown(service: Service, tx: Tx, draft: z.infer<typeof Draft>, registeredBy: string) {
  const { rca } = await service.policies.current(tx);
  const frameVersion = await lockServingFrame(tx, draft.themes);
  const test = { ...rca.validation, ...draft.test };
  const { filter = defaultFilter(rca), themes: drafted, metric, initiativeId = null, control = null } = draft;
  const [baseline, after] = [windowOf(draft.baseline), windowOf(draft.after)];
  const content = [frameVersion, drafted, metric, baseline, after, filter, control, test, initiativeId];
  const registrationId = idOf('registration', ...content);
  const done = { result: registrationId, events: [] as Event[], record: registrationId };
  if ((await readRegistrations(tx, [registrationId])).length > 0) return done;
  if (initiativeId !== null) {
    const { themeId, fixedAt } = await aimOf(tx, initiativeId);
    if (!drafted.some((theme) => theme.themeId === themeId)) {
      throw new Rejection('theme-of-another', `the initiative is against ${themeId}, which is not registered with it`);
    }
    mayMeasure(after.from, fixedAt);
  }

  const now = service.clock.now();
  const shared = {
    frameVersion,
    metric,
    baseline,
    after,
    ...test,
    comparisons: drafted.length,
    control: control?.name,
  };
  const themes = drafted.map((theme) =>
    register({ ...shared, ...theme, validationId: idOf('validation', registrationId, theme.themeId) }, now),
  );
  if (await controlOverlaps(tx, { filter, control, themes })) {
    throw new Rejection('control-overlaps', 'a comment is in the group that got the fix and in its control');
  }
  const outlook = await outlooks(tx, { filter, control, themes }, now);
  const promised = outlook.map(({ forecast, perWeek }) => (forecast ? stored(forecast, perWeek) : null));
  const written = themes.map((theme, n) => ({ ...theme, promised: promised[n]! }));
  const registered = { registrationId, initiativeId, registeredBy, filter, control, themes: written };
  if (!(await insertRegistration(tx, registered))) return done;
  await sql`insert into held_frames (frame_version, holder) values (${frameVersion}, ${holderOf(registrationId)})`.execute(
    tx,
  );
  await service.setTimers(tx, [{ ...timerOf(registrationId), dueAt: after.until }]);
  return done;
}

const windowOf = ({ from, until }: { from: string; until: string }): Window => ({
  from: new Date(from),
  until: new Date(until),
});

/** It serves until this transaction has written down that it is held. */
async function lockServingFrame(tx: Tx, themes: readonly { themeId: string }[]): Promise<number> {
  const { rows } = await sql<{ version: number; themes: string[] }>`
    select version, array(
             select t ->> 'id' from jsonb_array_elements(document -> 'themes') as t
              where not exists (select from jsonb_array_elements(document -> 'merges') as m where m ->> 'from' = t ->> 'id')) as themes
      from code_frames where state = 'serving' for share`.execute(tx);
  const frame = rows[0];
  if (!frame) throw new Rejection('no-frame', 'no version of the code frame serves yet');
  const unknown = themes.find(({ themeId }) => !frame.themes.includes(themeId));
  if (unknown)
    throw new Rejection(
      'theme-unknown',
      `version ${frame.version} of the code frame counts no theme ${unknown.themeId}`,
    );
  return frame.version;
}
