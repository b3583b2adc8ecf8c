import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@heard/events/registry';
import type { House } from '@heard/local/house';
import { serviceNames } from '@heard/service/migration';
import type pg from 'pg';
import { type BenchOptions, backlog, one, whereKafka, withHouse } from './ground.ts';
import { countCpu, progress, type Report, residentMb } from './measuring.ts';
import { measureLatency } from './reaction.ts';
import type { FromSender, Order } from './sender.ts';
import { triageAlone } from './triage-alone.ts';

/** A low score goes in, and the right person has a case with running clocks and the customer is on the stop list. */
export async function hotLoop(report: Report, options: BenchOptions): Promise<void> {
  const rates = new Map<string, number>();
  for (const bus of ['kafka', 'postgres'] as const) {
    const part = () =>
      withHouse({ bus, environment: { LOG_LEVEL: 'warn' } }, async (house, admin) => {
        await hirePeople(house);
        await sleep(3_000);
        reportMemory(report, house, bus, 'idle');
        const latency = (when: string, goals = {}) => measureLatency(report, options, house, bus, when, goals);
        await latency('just started');
        await latency('after 30 s at that pace', { p50: { atMost: 40 }, p99: { atMost: 200 } });
        rates.set(bus, await sustain(report, options, house, admin, bus));
        reportMemory(report, house, bus, 'after the load');
        await latency('right after full load');
      });
    await (bus === 'kafka' ? whereKafka(report, part) : part());
  }
  const [kafka, postgres] = [rates.get('kafka'), rates.get('postgres')];
  if (kafka && postgres) report.row('whole system, Postgres bus ÷ Kafka', postgres / kafka, '×', { atLeast: 0.5 });
  await triageAlone(report, options);
}

async function hirePeople({ authorize, urls }: House): Promise<void> {
  const roles = ['director', 'crisis-team', 'senior-support', 'support', 'supervisor'];
  for (const [n, role] of roles.flatMap((role) => [role, role]).entries()) {
    const answer = await fetch(`${urls.assignment}/v1/people/${role}-${n}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...(await authorize('admin')) },
      body: JSON.stringify({ name: `${role} ${n}`, roles: [role] }),
    });
    if (!answer.ok) throw new Error(`adding a person failed: ${answer.status}`);
  }
}

function reportMemory(report: Report, house: House, bus: string, when: string): void {
  const sizes = serviceNames.flatMap((name) => {
    const mb = residentMb(house.pid(name as ServiceName));
    return mb === undefined ? [] : [{ name, mb }];
  });
  if (sizes.length === 0) return;
  const goal = when === 'idle' ? { atMost: 120 } : {};
  report.row(
    `resident memory of the largest service, ${bus} bus, ${when}`,
    Math.max(...sizes.map(({ mb }) => mb)),
    'MB',
    goal,
  );
  report.remark(`memory on ${bus}, ${when}: ${sizes.map(({ name, mb }) => `${name} ${mb.toFixed(0)} MB`).join(', ')}`);
}

/** Feeds the bus its own way (Kafka through the public topic, Postgres through HTTP batches) and waits until all is committed. */
async function sustain(
  report: Report,
  { seconds, quick }: BenchOptions,
  house: House,
  admin: pg.Client,
  bus: 'kafka' | 'postgres',
): Promise<number> {
  const order = {
    via: bus === 'kafka' ? 'kafka' : 'http',
    target: bus === 'kafka' ? house.brokers[0]! : house.urls.ingest,
    window: 10_000,
    batch: 500,
    headers: await house.authorize('system'),
  } as const;
  progress(`${bus}: warming up`);
  await feed(admin, { ...order, run: `${bus}-warm`, seconds: 60, total: quick ? 1_000 : 5_000 });
  progress(`${bus}: feeding for ${seconds} s`);
  const cpu = countCpu();
  const run = `${bus}-run`;
  const { sent, wall, fed } = await feed(admin, { ...order, run, seconds, total: Number.MAX_SAFE_INTEGER });
  const used = cpu();
  const what = `whole system on ${bus}, fed by ${order.via}`;
  report.row(
    `${what}, every response a detractor, drained`,
    sent / wall,
    '/s',
    bus === 'kafka' ? { atLeast: 1_000 } : {},
  );
  report.cost(`  each response on ${bus}`, used, sent);
  report.cpu(`${what}, ${sent} responses, fed ${fed.toFixed(1)} s and drained ${(wall - fed).toFixed(1)} s more`, used);
  await account(report, admin, what, run, sent);
  return sent / wall;
}

async function feed(
  admin: pg.Client,
  order: Omit<Order, 'total'> & { total: number },
): Promise<{ sent: number; wall: number; fed: number }> {
  const before = await assigned(admin);
  const child = fork(new URL('./sender.ts', import.meta.url));
  try {
    child.send(order);
    let startedAt = 0;
    let ended: { sent: number; endedAt: number } | undefined;
    let failed: string | undefined;
    child.on('message', (message: FromSender) => {
      if ('failed' in message) failed = message.failed;
      else if ('startedAt' in message) startedAt = message.startedAt;
      else ended = message;
    });
    let moved = { mark: '', at: Date.now() };
    for (;;) {
      if (failed) throw new Error(`the sender failed: ${failed}`);
      const done = (await assigned(admin)) - before;
      const behind = ended ? await backlog(admin) : 0;
      if (ended && done >= ended.sent && behind === 0) break;
      const mark = `${done} cases of ${ended?.sent ?? '?'} responses, ${behind} events to go`;
      if (mark !== moved.mark) moved = { mark, at: Date.now() };
      else if (Date.now() - moved.at > 60_000) throw new Error(`stuck: ${mark}`);
      if (child.connected) child.send({ done });
      await sleep(ended ? 10 : 50);
    }
    return { sent: ended.sent, wall: (Date.now() - startedAt) / 1000, fed: (ended.endedAt - startedAt) / 1000 };
  } finally {
    child.kill();
  }
}

async function assigned(admin: pg.Client): Promise<number> {
  return (await one<{ n: number }>(admin, 'select coalesce(sum(open_cases), 0)::int as n from assignment.people')).n;
}

/** Every response once, in every service, and nothing beside. */
async function account(report: Report, admin: pg.Client, what: string, run: string, sent: number): Promise<void> {
  const counted = await one<Record<string, number>>(
    admin,
    `select (select count(*)::int from ingest.inputs where customer_id like $1) as responses,
            (select count(*)::int from triage.feedback where customer_id like $1) as decisions,
            (select count(*)::int from assignment.cases where customer_id like $1 and owner is not null) as "assigned cases",
            (select count(*)::int from assignment.case_items i join assignment.cases c using (case_id) where c.customer_id like $1) as "case items",
            (select count(*) / 4.0 from sla_timer.clocks where customer_id like $1 and state = 'running')::float8 as "clocks, four each",
            (select count(*) / 4.0 from sla_timer.timers t join sla_timer.clocks c on c.clock_id::text = t.key where c.customer_id like $1)::float8 as "timers, four each",
            (select count(*)::int from suppression_list.entries where customer_id like $1 and ended_at is null) as "stop-list entries",
            (select count(*)::int from bus.log where topic = 'heard.marketing-eligibility' and key like $1) as "eligibility changes",
            (select count(*)::int from rca.comments where customer_id like $1 and triaged_revision = 1) as comments`,
    [`${run}-%`],
  );
  report.account(what, counted, sent);
  const { dead } = await one<{ dead: number }>(admin, 'select count(*)::int as dead from bus.dead_letters');
  if (dead > 0) throw new Error(`${what}: ${dead} dead letters`);
}
