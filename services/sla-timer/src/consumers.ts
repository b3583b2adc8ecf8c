import { ofType } from '@heard/events/event';
import { stableId } from '@heard/events/names';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import { type Calendars, natural } from './calendars.ts';
import { acknowledge, begin, type Clock, cancel, isLive, keep, meet, pause, resume, shorten } from './clock.ts';
import { bottom } from './ladder.ts';
import { type Effect, effectsOf, type Move, type MoveType, moves } from './moves.ts';
import { recomputeAll } from './recompute.ts';
import { type CaseFile, ClockFace } from './store.ts';
import { isOff, termsOf, told } from './terms.ts';

/** Starts, ends, pauses and moves clocks as the cases move. */
export function consumeCases(service: Service, calendars: Calendars): void {
  const { bus, clock, policies } = service;
  service.consume({
    topics: ['heard.policy', 'heard.assignment'],
    types: ['policy.published', 'alert.acknowledged', ...(Object.keys(moves) as MoveType[])],
    lingerMs: 50, // clocks run for minutes at least
    async handle(tx, events) {
      const now = clock.now();
      const published = ofType(events, 'policy.published');
      await policies.apply(tx, published);
      if (published.length > 0) await service.setTimers(tx, [recomputeAll('policy', now)]);
      const answers = ofType(events, 'alert.acknowledged').flatMap(({ data }) => data.about ?? []);
      const cases = [
        ...events.flatMap((event) => ('caseId' in event.data ? [event.data] : [])),
        ...(await casesOf(tx, answers)),
      ];
      if (cases.length === 0) return;
      const policy = await policies.current(tx);
      await calendars.read(tx, now);
      const face = await ClockFace.ofCases(tx, now, { policies, policy, calendars }, cases);
      for (const event of events) {
        if (event.type === 'policy.published') continue;
        if (event.type === 'alert.acknowledged') answer(face, event.data.about);
        else follow(face, event as Move, policy);
      }
      const { fresh, moved } = await face.save();
      await service.setTimers(tx, fresh, 'never');
      await service.setTimers(tx, moved);
      await bus.publish(tx, face.events);
    },
  });
}

/** An alert names its clock and not its case. */
async function casesOf(tx: Parameters<Calendars['read']>[0], clockIds: readonly string[]) {
  if (clockIds.length === 0) return [];
  const { rows } = await sql<{ caseId: string; customerId: string }>`
    select c.* from unnest(${clockIds}::uuid[]) as wanted (id) cross join lateral (
      select case_id as "caseId", customer_id as "customerId" from clocks where clock_id = wanted.id limit 1) c`.execute(
    tx,
  );
  return rows;
}

function answer(face: ClockFace, clockId: string | undefined): void {
  const clock = clockId === undefined ? undefined : face.get(clockId);
  if (clock && isLive(clock)) face.put(acknowledge(clock));
}

function follow(face: ClockFace, event: Move, policy: VersionedPolicy): void {
  const file = face.file(event.data.caseId);
  const news = newsOf(event);
  if (news) face.note(file, news);
  for (const effect of effectsOf(event)) {
    if (effect.do === 'start') start(face, file, effect, event, policy);
    else bring(face, file, effect, event, policy);
  }
}

function newsOf(event: Move): Partial<CaseFile> | null {
  switch (event.type) {
    case 'case.opened':
      return { priority: event.data.priority, timeZone: event.data.timeZone ?? null };
    case 'case.reopened':
      return { priority: event.data.priority, pausedFor: null };
    case 'case.priority-raised':
      return { priority: event.data.to };
    case 'case.assigned':
      return { owner: event.data.owner, team: event.data.team ?? null };
    case 'case.paused':
      return { pausedFor: event.data.reason };
    case 'case.resumed':
    case 'case.parked':
    case 'case.resolved':
    case 'case.closed':
      return { pausedFor: null };
    default:
      return null;
  }
}

type Start = Effect & { do: 'start' };

/** Brings an effect to the live clocks it is about. */
function bring(
  face: ClockFace,
  file: CaseFile,
  effect: Exclude<Effect, Start>,
  event: Move,
  policy: VersionedPolicy,
): void {
  const at = new Date(event.data.at);
  for (const clock of face.ofCase(file.caseId)) {
    const { kind, about, calendar, calendarVersion } = clock;
    if (!isLive(clock) || ('about' in effect && effect.about !== about)) continue;
    const { time } = face.calendars.of(calendar, calendarVersion);
    const terms = () => termsOf(kind, file, policy, (name) => face.calendars.inForce(name));
    switch (effect.do) {
      case 'meet':
        if (kind === effect.kind && (effect.onlyBy === undefined || effect.onlyBy === file.owner))
          face.apply(clock, meet(clock, at, effect.protocol), at, event);
        break;
      case 'cancel':
        if (effect.kinds === 'all' || effect.kinds.includes(kind))
          face.apply(clock, cancel(clock, effect.reason, at), at, event);
        break;
      case 'pause':
        if (policy.sla.pauses[effect.reason].includes(kind))
          face.apply(clock, pause(clock, effect.reason, at, time), at, event);
        break;
      case 'resume':
        face.apply(clock, resume(clock, at, time, terms()?.quiet ?? null), at, event);
        break;
      case 'raise': {
        const raised = terms();
        const shortened = raised ? shorten(clock, effect.to, at, raised, time) : [];
        if (shortened.length > 0) face.apply(clock, shortened, at, event);
        else face.put(keep(clock, effect.to, raised));
      }
    }
  }
}

/** Starts a clock where there is no live one for the same thing. */
function start(
  face: ClockFace,
  file: CaseFile,
  { kind, about = '', from, dueAt }: Start,
  event: Move,
  policy: VersionedPolicy,
): void {
  if (isOff(kind, policy)) return;
  const { caseId, customerId, priority, owner, team, pausedFor } = file;
  const earlier = face.ofCase(caseId).filter((clock) => clock.kind === kind && clock.about === about);
  if (earlier.some(isLive)) return;
  const startedAt = new Date(from ?? event.data.at);
  const terms = dueAt
    ? told(startedAt, new Date(dueAt), policy.version, natural)
    : termsOf(kind, file, policy, (name) => face.calendars.inForce(name));
  if (!terms) throw new Error(`a ${kind} clock needs to be told when it is due`);
  const cycle = Math.max(0, ...earlier.map((clock) => clock.cycle)) + 1;
  const clock: Clock = {
    clockId: stableId('clock', caseId, kind, about, String(cycle)),
    ...{ caseId, customerId, kind, about, cycle, priority, owner, team, startedAt },
    ...begin(startedAt, terms),
    ...bottom,
    state: 'running',
    warnedPercent: 0,
    endedAt: null,
    breachedAt: null,
    metBy: null,
    policyVersion: policy.version,
    correlation: event.correlationid ?? null,
  };
  face.start(clock, event);
  const at = new Date(event.data.at);
  if (pausedFor && policy.sla.pauses[pausedFor].includes(kind))
    face.apply(clock, pause(clock, pausedFor, at, terms.calendar.time), at, event);
}
