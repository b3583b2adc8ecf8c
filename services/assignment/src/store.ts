import { lines } from '@heard/bus/lines';
import type { Tx } from '@heard/bus/log';
import { write } from '@heard/bus/write';
import type { Event } from '@heard/events/event';
import { type Cause, newEvent } from '@heard/events/event';
import { type AlertLevel, Priority, type Role, type Score, type TermHit } from '@heard/events/vocabulary';
import type { Policy } from '@heard/policy/policy';
import { sql } from 'kysely';
import { type Command, decide } from './case.ts';
import { type Case, evolve, type Fact, isLoad, noCase, noWork, type Work } from './case-state.ts';
import { isAvailable, type Person, standIn } from './people.ts';

/** A case with what the rules do not need to know. */
export interface CaseFile extends Case {
  caseId: string;
  customerId: string;
  feedbackId: string;
  csmId: string | null;
  receivedAt: string;
  openedAt: string;
  /** From when on it must be contacted: received, or taken up again. */
  startedAt: string;
  contactedAt: string | null;
  resolvedAt: string | null;
  team: string | null;
  timeZone: string | null;
  language: 'zh' | 'en' | null;
  needs: string[];
}

export interface Alert {
  alertId: string;
  customerId: string;
  feedbackId: string;
  caseId: string | null;
  level: AlertLevel;
  cause: Event<'alert.raised'>['data']['cause'];
  about: string | null;
  audiences: Role[];
  people: string[];
  raisedAt: string;
  deliverBy: string | null;
  deliveredAt: string | null;
}

/** What a customer said, as far as a case is about it. */
export interface Said {
  feedbackId: string;
  comment: string | null;
  hits: TermHit[];
  score: Score | null;
}

/**
 * The only writer of cases, people's loads and alerts, for one transaction: loads what a batch is about with locks,
 * applies commands in memory, and writes everything once, events included.
 */
export class Desk {
  people: Person[];
  readonly now: Date;
  readonly events: Event[] = [];
  readonly #tx: Tx;
  readonly #files: Map<string, CaseFile>;
  readonly #known: Set<string>;
  readonly #locked: Set<string> | 'everybody';
  readonly #loads = new Map<string, number>();
  readonly #changed = new Set<CaseFile>();
  readonly #facts: { file: CaseFile; fact: Fact; version: number }[] = [];
  readonly #items: (Said & { caseId: string })[] = [];
  readonly #alerts: Alert[] = [];

  private constructor(
    tx: Tx,
    now: Date,
    files: CaseFile[],
    known: Set<string>,
    people: Person[],
    locked: Set<string> | 'everybody' = 'everybody',
  ) {
    this.#tx = tx;
    this.now = now;
    this.#files = new Map(files.map((file) => [file.customerId, file]));
    this.#known = known;
    this.people = people;
    this.#locked = locked;
  }

  /** For feedback of these customers: their open cases, and which of these feedback ids a case holds already. */
  static async forCustomers(
    tx: Tx,
    now: Date,
    customerIds: readonly string[],
    feedbackIds: readonly string[],
  ): Promise<Desk> {
    const people = await lockPeople(tx);
    const files = await loadFiles(
      tx,
      sql`customer_id = any (${customerIds}::text[]) and state not in ('closed', 'lost')`,
    );
    const { rows } = await sql<{ id: string }>`
      select feedback_id as id from case_items where feedback_id = any (${feedbackIds}::uuid[])`.execute(tx);
    return new Desk(tx, now, files, new Set(rows.map((row) => row.id)), people);
  }

  /**
   * For cases that are known by id. A command moves the load of the owner at most, or of those named besides: locking
   * those instead of everybody, it waits for nobody who does something else. `nobody`: no
   * load may move; `everybody`: cases may be given out.
   */
  static async forCases(
    tx: Tx,
    now: Date,
    caseIds: readonly string[],
    lock: 'everybody' | 'owners' | 'nobody',
    besides: readonly string[] = [],
  ): Promise<Desk> {
    const people =
      lock === 'everybody' ? await lockPeople(tx) : lock === 'owners' ? await lockOwners(tx, caseIds, besides) : [];
    const files = await loadFiles(tx, sql`case_id = any (${caseIds}::uuid[])`);
    const locked = lock === 'everybody' ? lock : new Set(people.map((one) => one.personId));
    return new Desk(tx, now, files, new Set(), people, locked);
  }

  /**
   * For the queue: of the cases nobody owns those that somebody could take now, oldest first within priority, and no more
   * than there are free hands.
   */
  static async forQueue(tx: Tx, now: Date, policy: Policy, most: number): Promise<Desk> {
    const people = await lockPeople(tx);
    const free = people.filter((one) => isAvailable(one, now) && (one.cap === null || one.openCases < one.cap));
    const hands = free.reduce((sum, { cap, openCases }) => sum + (cap === null ? most : cap - openCases), 0);
    const served = Priority.options.filter((priority) =>
      policy.routing[priority].some((role) => role !== 'csm' && free.some((one) => one.roles.includes(role))),
    );
    const offeredToCsm = Priority.options.filter((priority) => policy.routing[priority].includes('csm'));
    const csms = people.filter((one) => free.includes(standIn(one.personId, people, now)!)).map((one) => one.personId);
    const { rows } = await sql<{ id: string }>`
      select case_id as id from cases
       where state = 'new' and (priority = any (${served}::text[])
          or (priority = any (${offeredToCsm}::text[]) and csm_id = any (${csms}::text[])))
       order by priority, received_at limit ${Math.min(most, hands)} for update skip locked`.execute(tx);
    const files = await loadFiles(tx, sql`case_id = any (${rows.map((row) => row.id)}::uuid[])`);
    files.sort((a, b) => (a.priority + a.receivedAt < b.priority + b.receivedAt ? -1 : 1));
    return new Desk(tx, now, files, new Set(), people);
  }

  get files(): CaseFile[] {
    return [...this.#files.values()];
  }

  of(customerId: string): CaseFile | undefined {
    return this.#files.get(customerId);
  }

  knows(feedbackId: string): boolean {
    return this.#known.has(feedbackId);
  }

  open(file: Omit<CaseFile, keyof Case>, said: Said, command: Command & { do: 'open' }, cause: Cause): CaseFile {
    const opened: CaseFile = { ...noCase, ...file };
    this.#files.set(file.customerId, opened);
    this.hold(opened, said);
    this.apply(opened, command, cause);
    return opened;
  }

  /** Asks the rules, and keeps what follows. Returns the facts. */
  apply(file: CaseFile, command: Command, cause: Cause): Fact[] {
    const facts = decide(command, file);
    for (const fact of facts) {
      const loadBefore = isLoad(file) ? file.owner : null;
      Object.assign(file, evolve(file, fact));
      const loadAfter = isLoad(file) ? file.owner : null;
      if (loadBefore !== loadAfter) {
        this.#load(loadBefore, -1);
        this.#load(loadAfter, +1);
      }
      const at = this.now.toISOString();
      if (fact.type === 'case.contacted') file.contactedAt ??= at;
      if (fact.type === 'case.reopened') file.startedAt = at;
      if (fact.type === 'case.resolved') file.resolvedAt = at;
      if (fact.type === 'case.assigned' || fact.type === 'case.queued') file.team = fact.team ?? null;
      this.#facts.push({ file, fact, version: file.version });
      this.#changed.add(file);
      const { type, ...data } = fact;
      const common = {
        caseId: file.caseId,
        customerId: file.customerId,
        version: file.version,
        at,
      };
      this.events.push(newEvent(type, file.customerId, { ...common, ...data } as never, this.now, cause));
    }
    return facts;
  }

  alert(alert: Alert, cause: Cause): void {
    this.#alerts.push(alert);
    const { raisedAt: at, deliveredAt: _, caseId, deliverBy, about, ...rest } = alert;
    const optional = { caseId: caseId ?? undefined, deliverBy: deliverBy ?? undefined, about: about ?? undefined };
    this.events.push(newEvent('alert.raised', alert.customerId, { ...rest, at, ...optional }, this.now, cause));
  }

  async save(): Promise<void> {
    const tx = this.#tx;
    const at = this.now.toISOString();
    const files = [...this.#changed];
    if (files.length > 0) {
      const of = <K extends keyof CaseFile>(field: K) => files.map((file) => file[field]);
      await write(
        tx,
        sql`
        insert into cases (case_id, customer_id, state, priority, version, feedback_id, csm_id, owner, owner_role,
          received_at, opened_at, started_at, contacted_at, acknowledged, root_cause, team, time_zone, language, needs, work,
          resolved_at, updated_at)
        select t.a, t.b, t.c, t.d, t.e, t.f, t.g, t.h, t.i, t.j, t.k, t.l, t.m, t.n, t.o, t.p, t.q, t.r,
               string_to_array(t.s, E'\n'), t.t, t.u, ${at}::timestamptz
          from unnest(${of('caseId')}::uuid[], ${of('customerId')}::text[], ${of('state')}::text[],
          ${of('priority')}::text[], ${of('version')}::int[], ${of('feedbackId')}::uuid[], ${of('csmId')}::text[], ${of('owner')}::text[],
          ${of('ownerRole')}::text[], ${of('receivedAt')}::timestamptz[], ${of('openedAt')}::timestamptz[],
          ${of('startedAt')}::timestamptz[], ${of('contactedAt')}::timestamptz[], ${of('acknowledged')}::boolean[],
          ${of('rootCause')}::text[], ${of('team')}::text[], ${of('timeZone')}::text[], ${of('language')}::text[],
          ${files.map((file) => file.needs.join('\n'))}::text[], ${files.map((file) => workText(file.work))}::text[],
          ${of('resolvedAt')}::timestamptz[]) as t (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u)
        on conflict (case_id) do update set state = excluded.state, priority = excluded.priority, version = excluded.version,
          csm_id = excluded.csm_id, owner = excluded.owner, owner_role = excluded.owner_role, started_at = excluded.started_at,
          contacted_at = excluded.contacted_at, acknowledged = excluded.acknowledged, root_cause = excluded.root_cause,
          team = excluded.team, work = excluded.work, resolved_at = excluded.resolved_at, updated_at = excluded.updated_at`,
      );
      await write(
        tx,
        sql`
        insert into case_events (case_id, version, type, at, data)
        select t.case_id, t.version, t.type, ${at}, t.data from rows from (
          unnest(${this.#facts.map((f) => f.file.caseId)}::uuid[]), unnest(${this.#facts.map((f) => f.version)}::int[]),
          unnest(${this.#facts.map((f) => f.fact.type)}::text[]),
          ${lines(this.#facts.map((f) => JSON.stringify({ ...f.fact, type: undefined })))})
          as t (case_id, version, type, data)`,
      );
    }
    if (this.#items.length > 0) {
      const items = this.#items;
      await write(
        tx,
        sql`
        insert into case_items (feedback_id, case_id, comment, hits, score, joined_at)
        select *, ${at}::timestamptz from unnest(${items.map((i) => i.feedbackId)}::uuid[], ${items.map((i) => i.caseId)}::uuid[],
          ${items.map((i) => i.comment)}::text[], ${items.map((i) => (i.hits.length > 0 ? JSON.stringify(i.hits) : null))}::text[],
          ${items.map((i) => i.score && JSON.stringify(i.score))}::text[])
        on conflict (feedback_id) do update set case_id = excluded.case_id, comment = excluded.comment, hits = excluded.hits,
          score = excluded.score`,
      );
    }
    await this.#saveCollaborators();
    if (this.#alerts.length > 0) {
      const of = <K extends keyof Alert>(field: K) => this.#alerts.map((alert) => alert[field]);
      const lists = (of: string[][]) => of.map((list) => list.join('\n'));
      await write(
        tx,
        sql`
        insert into alerts (alert_id, customer_id, feedback_id, case_id, level, cause, about, audiences, people,
          raised_at, deliver_by, delivered_at)
        select t.a, t.b, t.c, t.d, t.e, t.x, t.y, string_to_array(t.f, E'\n'), string_to_array(t.g, E'\n'), t.h, t.i, t.j from unnest(
          ${of('alertId')}::uuid[], ${of('customerId')}::text[], ${of('feedbackId')}::uuid[], ${of('caseId')}::uuid[], ${of('level')}::text[],
          ${of('cause')}::text[], ${of('about')}::uuid[], ${lists(of('audiences'))}::text[], ${lists(of('people'))}::text[], ${of('raisedAt')}::timestamptz[],
          ${of('deliverBy')}::timestamptz[], ${of('deliveredAt')}::timestamptz[]) as t (a, b, c, d, e, x, y, f, g, h, i, j)
        on conflict do nothing`,
      );
    }
    const moved = [...this.#loads].filter(([, by]) => by !== 0);
    if (moved.length > 0) {
      await write(
        tx,
        sql`
        update people p set open_cases = open_cases + t.n
          from unnest(${moved.map(([id]) => id)}::text[], ${moved.map(([, by]) => by)}::int[]) as t (id, n)
         where p.person_id = t.id`,
      );
    }
  }

  /** Everybody as they are now, unlocked: for telling people, not for giving them cases. */
  async readPeople(): Promise<void> {
    const { rows } = await sql<Person>`select ${personColumns} from people order by person_id`.execute(this.#tx);
    this.people = rows;
  }

  /** Few cases have any, and access to a case is asked of this table. */
  async #saveCollaborators(): Promise<void> {
    for (const { file, fact } of this.#facts) {
      if (fact.type === 'case.collaborator-added') {
        await sql`insert into case_collaborators (case_id, person_id) values (${file.caseId}, ${fact.personId})`.execute(
          this.#tx,
        );
      }
      const gone =
        fact.type === 'case.collaborator-removed' ? fact.personId : fact.type === 'case.assigned' ? fact.owner : null;
      if (gone && file.version > 2) {
        await sql`delete from case_collaborators where case_id = ${file.caseId} and person_id = ${gone}`.execute(
          this.#tx,
        );
      }
    }
  }

  /** This feedback belongs to the case from now on. */
  hold(file: CaseFile, said: Said): void {
    this.#known.add(said.feedbackId);
    this.#items.push({ ...said, caseId: file.caseId });
  }

  #load(owner: string | null, by: number): void {
    if (owner === null) return;
    if (this.#locked !== 'everybody' && !this.#locked.has(owner)) {
      throw new Error(`the load of ${owner} moves, and is not locked`);
    }
    this.#loads.set(owner, (this.#loads.get(owner) ?? 0) + by);
    const person = this.people.find((one) => one.personId === owner);
    if (person) person.openCases += by;
  }
}

export const personColumns = sql`person_id as "personId", roles, skills, team, present, cap, open_cases as "openCases", shifts, leave,
  substitute`;

/**
 * Loads are decided on while locked, so caps hold and the least loaded is really that; whoever opens, hands over or ends
 * cases waits here for the batch before. Taken before any other lock.
 */
export async function lockPeople(tx: Tx): Promise<Person[]> {
  const { rows } = await sql<Person>`
    select ${personColumns} from people order by person_id for no key update`.execute(tx);
  return rows;
}

/** Before the cases, as everybody locks them. Where a case changes hands in between, its command fails and is sent again. */
async function lockOwners(tx: Tx, caseIds: readonly string[], besides: readonly string[]): Promise<Person[]> {
  const { rows } = await sql<Person>`
    select ${personColumns} from people
     where person_id = any (${besides}::text[]) or person_id in (select owner from cases where case_id = any (${caseIds}::uuid[]))
     order by person_id for no key update`.execute(tx);
  return rows;
}

async function loadFiles(tx: Tx, where: ReturnType<typeof sql>): Promise<CaseFile[]> {
  const { rows } =
    await sql<CaseRow>`select ${caseColumns}, work from cases where ${where} order by case_id for update`.execute(tx);
  return rows.map((row) => ({ ...row, contacted: row.contactedAt !== null, work: readWork(row.work) }));
}

type CaseRow = Omit<CaseFile, 'contacted' | 'work'> & { work: string };

/** Only what differs from a case nobody has worked on yet: most cases of a batch. */
function workText(work: Work): string {
  if (work === noWork) return '{}';
  return JSON.stringify(
    Object.fromEntries(Object.entries(work).filter(([key, value]) => value !== noWork[key as keyof Work])),
  );
}

export function readWork(text: string): Work {
  return text === '{}' ? noWork : { ...noWork, ...(JSON.parse(text) as Partial<Work>) };
}

export const instant = (column: string) =>
  sql.raw(`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);

export const caseColumns = sql`case_id as "caseId", customer_id as "customerId", state, priority, version, feedback_id as "feedbackId",
  csm_id as "csmId", owner, owner_role as "ownerRole", ${instant('received_at')} as "receivedAt", ${instant('opened_at')} as "openedAt",
  ${instant('started_at')} as "startedAt", ${instant('contacted_at')} as "contactedAt", acknowledged, root_cause as "rootCause",
  team, time_zone as "timeZone", language, needs, ${instant('resolved_at')} as "resolvedAt"`;
