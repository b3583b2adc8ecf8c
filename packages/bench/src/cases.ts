import type { House } from '@heard/local/house';
import type pg from 'pg';
import { type BenchOptions, one, withHouse } from './ground.ts';
import { percentile, progress, type Report } from './measuring.ts';

const people = 50;

/** Fifty people at work on twenty thousand open cases: what they wait for when they do something, and when they look. */
export async function cases(report: Report, { seconds, quick }: BenchOptions): Promise<void> {
  const count = quick ? 2_000 : 20_000;
  await withHouse(
    { bus: 'postgres', only: ['assignment'], environment: { LOG_LEVEL: 'warn' } },
    async (house, admin) => {
      await fill(admin, count);
      const desk = await Desk.open(house, admin);
      await work(report, desk, seconds);
      await look(report, desk, seconds);
      await grant(report, desk, admin);
    },
  );
}

/** People of all kinds, and cases as they are after a month: assigned, tried, spoken to, parked, waiting. */
async function fill(admin: pg.Client, count: number): Promise<void> {
  progress(`${people} people, ${count} open cases`);
  await admin.query(
    `insert into assignment.people (person_id, name, roles, team, cap)
     select 'p' || n, 'p' || n, array[(array['support', 'senior-support', 'csm', 'senior-support'])[1 + n % 4], 'senior-support'], 'team-' || n % 5, 1000
       from generate_series(0, $1 - 1) n`,
    [people],
  );
  // Every tenth waits for somebody; of the rest two thirds are assigned, a third has been spoken to.
  await admin.query(
    `insert into assignment.cases (case_id, customer_id, state, priority, version, feedback_id, csm_id, owner, owner_role, team,
       received_at, opened_at, started_at, contacted_at, work, updated_at)
     select gen_random_uuid(), 'c' || n, case when n % 10 = 0 then 'new' when n % 3 = 0 then 'in-recovery' else 'assigned' end,
            (array['P0', 'P1', 'P1', 'P2', 'P2', 'P2'])[1 + n % 6], case when n % 10 = 0 then 1 when n % 3 = 0 then 4 else 2 end,
            gen_random_uuid(), 'p' || (n + n / 10) % $2::int, case when n % 10 > 0 then 'p' || (n + n / 10) % $2::int end,
            case when n % 10 > 0 then 'senior-support' end, 'team-' || n % 5, at, at, at, case when n % 3 = 0 and n % 10 > 0 then at end,
            case when n % 3 = 0 and n % 10 > 0
                 then json_build_object('promises', json_build_array(json_build_object('id', gen_random_uuid(), 'dueAt', at, 'state', 'open')))::text
                 else '{}' end, at
       from (select n, now() - n * interval '90 seconds' as at from generate_series(1, $1) n) t`,
    [count, people],
  );
  await admin.query(`
    insert into assignment.case_events (case_id, version, type, at, data)
    select case_id, v, (array['case.opened', 'case.assigned', 'case.contacted', 'case.promised'])[v], opened_at, '{}'
      from assignment.cases cross join lateral generate_series(1, version) v;
    insert into assignment.case_items (feedback_id, case_id, joined_at, comment)
    select feedback_id, case_id, opened_at, 'the parcel came late and was broken' from assignment.cases;
    update assignment.people p set open_cases = n, cap = n from (select owner, count(*)::int as n from assignment.cases group by owner) c
     where c.owner = p.person_id;
    analyze assignment.people, assignment.cases, assignment.case_events, assignment.case_items;`);
}

interface Mine {
  assigned: string[];
  talking: string[];
}

/** Everybody's own cases, and how to ask in their name. */
class Desk {
  readonly house: House;
  readonly #mine: Map<string, Mine>;
  readonly #headers = new Map<string, Record<string, string>>();

  private constructor(house: House, mine: Map<string, Mine>) {
    this.house = house;
    this.#mine = mine;
  }

  static async open(house: House, admin: pg.Client): Promise<Desk> {
    const { rows } = await admin.query<{ owner: string; assigned: string[]; talking: string[] }>(`
      select owner, coalesce(array_agg(case_id::text) filter (where state = 'assigned'), '{}') as assigned,
             coalesce(array_agg(case_id::text) filter (where state = 'in-recovery'), '{}') as talking
        from assignment.cases where owner is not null group by owner`);
    const desk = new Desk(house, new Map(rows.map(({ owner, ...mine }) => [owner, mine])));
    for (const owner of desk.#mine.keys()) {
      desk.#headers.set(owner, await house.authorizeAs(owner, owner.endsWith('0') ? 'supervisor' : 'support'));
    }
    return desk;
  }

  get people(): string[] {
    return [...this.#mine.keys()];
  }

  take(person: string, kind: keyof Mine): string {
    const caseId = this.#mine.get(person)![kind].pop();
    if (!caseId) throw new Error(`${person} has no more cases that are ${kind}`);
    return caseId;
  }

  /** Milliseconds until the answer is read; throws on any answer but 200. */
  async ask(person: string, method: string, path: string, body?: unknown, key?: string): Promise<number> {
    const started = performance.now();
    const response = await fetch(`${this.house.urls.assignment}${path}`, {
      method,
      headers: {
        ...this.#headers.get(person),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return performance.now() - started;
  }
}

/** What somebody does with one case, in order: [command, body, kind of case it begins with]. */
function days(person: string): (readonly [string, object])[] {
  const dueAt = new Date(Date.now() + 86_400_000).toISOString();
  return [
    ['acknowledge', {}],
    ['attempts', { channel: 'email', outcome: 'sent' }],
    ['replies', { channel: 'email' }],
    ['contacts', { channel: 'phone', direction: 'inbound', promises: [{ what: 'a new parcel', dueAt }] }],
    ['heard', { step: 'hear' }],
    ['collaborators', { personId: person === 'p1' ? 'p2' : 'p1' }],
    ['help-requests', { what: 'the refund is stuck' }],
    ['pause', { reason: 'waiting-for-third-party' }],
    ['resume', {}],
    ['diagnose', { rootCause: 'courier' }],
    ['resolve', {}],
  ];
}

const steps = days('').length;

/** Each of the fifty does something every second, so fifty commands a second: more than people do. */
async function work(report: Report, desk: Desk, seconds: number): Promise<void> {
  progress(`commands, ${seconds} s`);
  const times = new Map<string, number[]>();
  const failures: Error[] = [];
  const until = performance.now() + seconds * 1000;
  const atWork = async (person: string, index: number) => {
    // Everybody is at another step of a case, as people are.
    let next = performance.now() + (index * steps * 1000) / people;
    while (performance.now() < until) {
      const caseId = desk.take(person, 'assigned');
      for (const [name, body] of days(person)) {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
        next += 1000;
        if (performance.now() >= until) return;
        const ms = await desk.ask(person, 'POST', `/v1/cases/${caseId}/${name}`, body);
        times.set(name, [...(times.get(name) ?? []), ms]);
      }
    }
  };
  const results = await Promise.allSettled(desk.people.map(atWork));
  for (const result of results) if (result.status === 'rejected') failures.push(result.reason as Error);
  if (failures.length > 0) throw failures[0];
  for (const [name, ms] of times)
    report.row(`POST ${name}, p99 of ${ms.length}`, percentile(ms, 99), 'ms', { atMost: 50 });
  report.row('all commands, median', percentile([...times.values()].flat(), 50), 'ms');
}

/** Lists as the screens ask for them: an agent's desk, the queue, everything by urgency, and the next page of it. */
async function look(report: Report, desk: Desk, seconds: number): Promise<void> {
  progress(`lists, ${seconds} s`);
  const lists: Record<string, (person: string) => string> = {
    'own desk by urgency': (person) => `/v1/cases?order=urgency&owner=${person}`,
    'all one may see, by urgency': () => '/v1/cases?order=urgency',
    'all one may see, newest': () => '/v1/cases',
    'the queue': () => '/v1/cases?state=new&order=urgency',
  };
  for (const [name, path] of Object.entries(lists)) {
    const ms: number[] = [];
    const until = performance.now() + (seconds * 1000) / 4;
    while (performance.now() < until) {
      // Five at a time: not everybody looks in the same instant, but some do.
      const some = Array.from({ length: 5 }, () => desk.people[Math.floor(Math.random() * people)]!);
      ms.push(...(await Promise.all(some.map((person) => desk.ask(person, 'GET', path(person))))));
    }
    report.row(`GET ${name}, p99 of ${ms.length}`, percentile(ms, 99), 'ms', { atMost: 100 });
  }
}

/** Two hundred grants of ten yuan on one case at once; what exceeds its owner's authority is asked for. */
async function grant(report: Report, desk: Desk, admin: pg.Client): Promise<void> {
  const person = desk.people[0]!;
  const caseId = desk.take(person, 'talking');
  const body = { kind: 'cash', amount: { amount: 1_000, currency: 'CNY' }, reason: 'bench' };
  const started = performance.now();
  const asked = Array.from({ length: 200 }, async (_, n) =>
    desk.ask(person, 'POST', `/v1/cases/${caseId}/grants`, body, `grant-${n}`),
  );
  const results = await Promise.allSettled(asked);
  report.row('200 grants on one case at once', performance.now() - started, 'ms');
  report.row('  of them answered', results.filter((one) => one.status === 'fulfilled').length, '');
  const { granted, priority } = await one<{ granted: number; priority: string }>(
    admin,
    `select coalesce(sum(amount_minor), 0)::int as granted, min(c.priority) as priority
       from assignment.grants g join assignment.cases c using (case_id) where case_id = $1 and g.state = 'granted'`,
    [caseId],
  );
  // The seeds' 50 yuan of the front line, and 500 of senior support for what is urgent.
  report.row(`  given on a ${priority}, in minor units`, granted, '', { atMost: priority === 'P2' ? 5_000 : 50_000 });
}
