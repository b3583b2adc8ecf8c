import type { Tx } from '@heard/bus/log';
import { write } from '@heard/bus/write';
import { type Cause, type Event, newEvent } from '@heard/events/event';
import { isoOf } from '@heard/events/instant';
import type { PauseReason, Priority } from '@heard/events/vocabulary';
import type { Policies, VersionedPolicy } from '@heard/service/policies';
import { cancelTimers, type Timer } from '@heard/service/timers';
import { type RawBuilder, sql } from 'kysely';
import type { Calendars } from './calendars.ts';
import { type Clock, type ClockFact, evolve, isLive, nextDue, type Rules } from './clock.ts';

/** What the clocks of a case need to know of it. */
export interface CaseFile {
  caseId: string;
  customerId: string;
  priority: Priority;
  owner: string | null;
  team: string | null;
  timeZone: string | null;
  pausedFor: PauseReason | null;
  /** The customer's own, where they have one. */
  calendar: string | null;
}

/**
 * The only writer of clocks, for one transaction: loads with locks, folds in memory, writes once. Calendars must have
 * been read in this transaction.
 */
export class ClockFace {
  readonly events: Event[] = [];
  readonly calendars: Calendars;
  readonly #tx: Tx;
  readonly #now: Date;
  readonly #policies = new Map<number, VersionedPolicy>();
  readonly #clocks = new Map<string, Clock>();
  readonly #ofCase = new Map<string, string[]>();
  readonly #changed = new Set<string>();
  readonly #cases = new Map<string, CaseFile>();
  readonly #changedCases = new Set<CaseFile>();
  readonly #started = new Set<string>();
  /** What is published of the clocks an event starts, by that event. */
  readonly #starts = new Map<Cause, Event<'clocks.started'>>();

  private constructor(tx: Tx, now: Date, calendars: Calendars) {
    this.#tx = tx;
    this.#now = now;
    this.calendars = calendars;
  }

  /** For events of these cases; a case that is new has no file yet, but its customer may have a calendar. */
  static async ofCases(
    tx: Tx,
    now: Date,
    rules: { policies: Policies; policy: VersionedPolicy; calendars: Calendars },
    cases: readonly { caseId: string; customerId: string }[],
  ): Promise<ClockFace> {
    const face = new ClockFace(tx, now, rules.calendars);
    face.#policies.set(rules.policy.version, rules.policy);
    const wanted = [...new Map(cases.map((one) => [one.caseId, one])).values()];
    const ids = wanted.map((one) => one.caseId);
    await face.#hold(await load(tx, sql.ref('case_id'), ids), rules.policies);
    // After the lock on its clocks: who waited for it must not know an older case than they are of.
    for (const file of await loadCases(tx, wanted)) face.#cases.set(file.caseId, file);
    return face;
  }

  static async ofClocks(
    tx: Tx,
    now: Date,
    rules: { policies: Policies; calendars: Calendars },
    clockIds: readonly string[],
  ): Promise<ClockFace> {
    const face = new ClockFace(tx, now, rules.calendars);
    await face.#hold(await load(tx, sql.ref('clock_id'), clockIds), rules.policies);
    return face;
  }

  file(caseId: string): CaseFile {
    return this.#cases.get(caseId)!;
  }

  /** Keeps what a case tells of itself; its live clocks are its owner's. */
  note(file: CaseFile, news: Partial<CaseFile>): void {
    Object.assign(file, news);
    this.#changedCases.add(file);
    const { owner, team } = file;
    if (!('owner' in news)) return;
    for (const clock of this.ofCase(file.caseId)) if (isLive(clock)) this.put({ ...clock, owner, team });
  }

  ofCase(caseId: string): Clock[] {
    return (this.#ofCase.get(caseId) ?? []).map((id) => this.#clocks.get(id)!);
  }

  get(clockId: string): Clock | undefined {
    return this.#clocks.get(clockId);
  }

  rules({ kind, calendar, calendarVersion, policyVersion }: Clock): Rules {
    const { sla } = this.#policies.get(policyVersion)!;
    const { time } = this.calendars.of(calendar, calendarVersion);
    const silent = kind === 'observation';
    const steps = silent ? [] : (sla.ladders[kind] ?? []);
    return { time, warnAt: silent ? [] : sla.warnAtPercent, steps, timeZone: sla.timeZone };
  }

  /** `cause`: one event of the clock's case. */
  start(clock: Clock, cause: Cause): void {
    if (!this.#clocks.has(clock.clockId)) push(this.#ofCase, clock.caseId, clock.clockId);
    this.put(clock);
    this.#started.add(clock.clockId);
    const { clockId, kind, about, calendar, naturalDueAt } = clock;
    const started = {
      ...{ clockId, kind, ...(about && { about }) },
      startedAt: isoOf(clock.startedAt),
      dueAt: isoOf(clock.dueAt),
      ...(naturalDueAt && { naturalDueAt: isoOf(naturalDueAt) }),
      calendar,
    };
    const event = this.#starts.get(cause);
    if (event) {
      event.data.clocks.push(started);
      return;
    }
    const { caseId, customerId, priority, policyVersion } = clock;
    const at = isoOf(this.#now);
    const data = { caseId, customerId, at, priority, policyVersion, clocks: [started] };
    const first = newEvent('clocks.started', customerId, data, this.#now, cause);
    this.#starts.set(cause, first);
    this.events.push(first);
  }

  put(clock: Clock): void {
    this.#clocks.set(clock.clockId, clock);
    this.#changed.add(clock.clockId);
  }

  /** `at`: the moment of the fact; for a contact that is when it happened, not when we heard of it. */
  apply(clock: Clock, facts: readonly ClockFact[], at: Date, cause: Cause): void {
    for (const fact of facts) {
      const before = this.#clocks.get(clock.clockId)!;
      const after = evolve(before, fact, at);
      this.put(after);
      // Another calendar, but the same deadline: nothing anybody would want to read.
      if (fact.type === 'clock.rescheduled' && after.dueAt.getTime() === before.dueAt.getTime()) continue;
      const data = { ...identity(after, at), ...published(fact, after) };
      this.events.push(newEvent(fact.type, after.customerId, data as never, this.#now, cause));
    }
  }

  /**
   * Writes what changed and returns the timers to set, those of new clocks apart; those of clocks with
   * nothing more to say are cancelled.
   */
  async save(): Promise<{ fresh: Timer[]; moved: Timer[] }> {
    await saveCases(this.#tx, [...this.#changedCases]);
    const clocks = [...this.#changed].map((id) => this.#clocks.get(id)!);
    const isFresh = ({ clockId }: Clock) => this.#started.has(clockId);
    // First what ends: one kind of a case has one live clock.
    await save(
      this.#tx,
      clocks.filter((clock) => !isFresh(clock)),
      false,
    );
    await save(this.#tx, clocks.filter(isFresh), true);
    const next = clocks.map((clock) => ({
      kind: 'clock',
      key: clock.clockId,
      dueAt: isLive(clock) ? nextDue(clock, this.rules(clock)) : null,
    }));
    await cancelTimers(
      this.#tx,
      next.filter((one) => one.dueAt === null),
    );
    const timers = next.filter((one): one is Timer => one.dueAt !== null);
    const { fresh = [], moved = [] } = Object.groupBy(timers, ({ key }) =>
      this.#started.has(key) ? 'fresh' : 'moved',
    );
    return { fresh, moved };
  }

  /** Each policy a clock may still warn and escalate by has been looked up when it is asked for. */
  async #hold(clocks: readonly Clock[], policies: Policies): Promise<void> {
    for (const clock of clocks) {
      const { policyVersion } = clock;
      if (!this.#policies.has(policyVersion))
        this.#policies.set(policyVersion, await policies.version(this.#tx, policyVersion));
      this.#clocks.set(clock.clockId, clock);
      push(this.#ofCase, clock.caseId, clock.clockId);
    }
  }
}

function push(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

function identity({ clockId, caseId, customerId, kind, about }: Clock, at: Date) {
  return { clockId, caseId, customerId, kind, ...(about && { about }), at: isoOf(at) };
}

/** A fact as others read it. */
function published(fact: ClockFact, { dueAt: due, priority }: Clock): object {
  const dueAt = isoOf(due);
  switch (fact.type) {
    case 'clock.paused':
      return { reason: fact.reason, remainingMs: fact.remainingMs };
    case 'clock.resumed':
      return { dueAt };
    case 'clock.shortened':
    case 'clock.rescheduled': {
      const { type: _, timing: _timing, previousDueAt, ...rest } = fact;
      return { ...rest, dueAt, previousDueAt: isoOf(previousDueAt) };
    }
    case 'escalation.stepped': {
      const { type: _, ...step } = fact;
      return { ...step, dueAt, priority };
    }
    default: {
      const { type: _, ...rest } = fact;
      return { ...rest, dueAt };
    }
  }
}

/** Column, type in PostgreSQL, whether it ever changes. */
const columns = {
  clockId: ['clock_id', 'uuid'],
  caseId: ['case_id', 'uuid'],
  customerId: ['customer_id', 'text'],
  kind: ['kind', 'text'],
  about: ['about', 'text'],
  cycle: ['cycle', 'int'],
  startedAt: ['started_at', 'timestamptz'],
  policyVersion: ['policy_version', 'int'],
  correlation: ['correlation', 'text'],
  priority: ['priority', 'text', 'changes'],
  owner: ['owner', 'text', 'changes'],
  team: ['team', 'text', 'changes'],
  state: ['state', 'text', 'changes'],
  spanMs: ['span_ms', 'bigint', 'changes'],
  baseMs: ['base_ms', 'bigint', 'changes'],
  usedMs: ['used_ms', 'bigint', 'changes'],
  runsFrom: ['runs_from', 'timestamptz', 'changes'],
  pausedAt: ['paused_at', 'timestamptz', 'changes'],
  pausedMs: ['paused_ms', 'bigint', 'changes'],
  ceilingMs: ['ceiling_ms', 'bigint', 'changes'],
  calendar: ['calendar', 'text', 'changes'],
  calendarVersion: ['calendar_version', 'int', 'changes'],
  dueAt: ['due_at', 'timestamptz', 'changes'],
  naturalDueAt: ['natural_due_at', 'timestamptz', 'changes'],
  warnedPercent: ['warned_percent', 'int', 'changes'],
  step: ['step', 'int', 'changes'],
  round: ['round', 'int', 'changes'],
  steppedAt: ['stepped_at', 'timestamptz', 'changes'],
  acknowledged: ['acknowledged', 'boolean', 'changes'],
  endedAt: ['ended_at', 'timestamptz', 'changes'],
  breachedAt: ['breached_at', 'timestamptz', 'changes'],
  metBy: ['met_by', 'text', 'changes'],
} as const satisfies Record<keyof Clock, readonly [string, string, 'changes'?]>;

const fields = Object.entries(columns) as [keyof Clock, readonly [string, string, 'changes'?]][];
const names = sql.raw(fields.map(([, [name]]) => name).join(', '));
const updates = sql.raw(
  fields.flatMap(([, [name, , changes]]) => (changes ? [`${name} = excluded.${name}`] : [])).join(', '),
);
const selected = sql.raw(
  fields.map(([field, [name, type]]) => `${name}${type === 'bigint' ? '::float8' : ''} as "${field}"`).join(', '),
);

/** `fresh`: none of them is there yet. */
async function save(tx: Tx, clocks: readonly Clock[], fresh: boolean): Promise<void> {
  if (clocks.length === 0) return;
  const lists: RawBuilder<unknown>[] = [];
  const values = fields.map(([field, [name, type]]) => {
    const column = clocks.map((clock) => plain(clock[field]));
    // Most clocks of a batch are alike in most of their columns.
    if (column.every((value) => value === column[0])) return sql`${column[0]}::${sql.raw(type)}`;
    lists.push(sql`unnest(${column}::${sql.raw(type)}[]) as ${sql.raw(name)}`);
    return sql.raw(name);
  });
  await write(
    tx,
    sql`
    insert into clocks (${names}) select ${sql.join(values)} from (select ${sql.join(lists)}) t
    ${fresh ? sql`` : sql`on conflict (clock_id) do update set ${updates}`}`,
  );
}

function plain(value: Clock[keyof Clock]) {
  return value instanceof Date ? isoOf(value) : value;
}

/**
 * One index lookup per id, in one order for all. A plain `= any` is planned as a scan of the whole table while its
 * statistics are those of an empty one, and then costs more with every clock there is.
 */
async function load(tx: Tx, column: ReturnType<typeof sql.ref>, ids: readonly string[]): Promise<Clock[]> {
  const { rows } = await sql<Clock>`
    select c.* from unnest(${ids.toSorted()}::uuid[]) as wanted (id) cross join lateral (
      select ${selected} from clocks where ${column} = wanted.id order by clock_id for update) c`.execute(tx);
  return rows;
}

/** The limits keep it one index lookup per id, for the same reason. */
async function loadCases(tx: Tx, cases: readonly { caseId: string; customerId: string }[]): Promise<CaseFile[]> {
  const { rows } = await sql<CaseFile>`
    select w.case_id as "caseId", w.customer_id as "customerId", c.priority, c.owner, c.team,
           c.time_zone as "timeZone", c.paused_for as "pausedFor", own.calendar
      from unnest(${cases.map((one) => one.caseId)}::uuid[], ${cases.map((one) => one.customerId)}::text[]) as w (case_id, customer_id)
      left join lateral (select * from cases where case_id = w.case_id limit 1) c on true
      left join lateral (
        select calendar from customer_calendars where customer_id = w.customer_id limit 1) own on true`.execute(tx);
  return rows.map((row) => ({ ...row, priority: row.priority ?? 'P2' }));
}

async function saveCases(tx: Tx, files: readonly CaseFile[]): Promise<void> {
  if (files.length === 0) return;
  const of = <K extends keyof CaseFile>(field: K) => files.map((file) => file[field]);
  await write(
    tx,
    sql`
    insert into cases (case_id, customer_id, priority, owner, team, time_zone, paused_for)
    select * from unnest(${of('caseId')}::uuid[], ${of('customerId')}::text[], ${of('priority')}::text[], ${of('owner')}::text[],
      ${of('team')}::text[], ${of('timeZone')}::text[], ${of('pausedFor')}::text[])
    on conflict (case_id) do update set priority = excluded.priority, owner = excluded.owner, team = excluded.team,
      time_zone = excluded.time_zone, paused_for = excluded.paused_for`,
  );
}
