import { setTimeout as sleep } from 'node:timers/promises';
import type { House } from '@heard/local/house';
import pg from 'pg';
import type { BenchOptions } from './ground.ts';
import { countCpu, type Goal, percentile, progress, type Report } from './measuring.ts';
import { customerOf, responseOf } from './responses.ts';

/**
 * How soon after the 2xx the outside world can see the effects, at 50 responses a second, on this process's clock:
 * "assigned" when a listening connection has read the committed `case.assigned`; "enforced" when GET /v1/can-send has
 * refused the customer, asked from the moment the listening connection hears of the commit. Both include the looking.
 * `when` says what has been before: programs that have just started are slower, and so is a database that catches up.
 */
export async function measureLatency(
  report: Report,
  { quick }: BenchOptions,
  house: House,
  bus: string,
  when: string,
  goals: { p50?: Goal; p99?: Goal } = {},
): Promise<void> {
  const identity = await house.authorize('system');
  const count = quick ? 200 : 1_500;
  const everyMs = 20;
  const run = `${bus}-${when.replaceAll(' ', '-')}`;
  const accepted = new Map<string, number>();
  const assigned = new Map<string, number>();
  const enforced = new Map<string, number>();
  const asking: Promise<void>[] = [];
  const watcher = await watch(house.adminUrl, {
    'heard.assignment': (key, type, at) => {
      if (type === 'case.assigned' && key.startsWith(run)) assigned.set(key, at);
    },
    'heard.marketing-eligibility': (key) => {
      if (key.startsWith(run))
        asking.push(
          askUntilRefused(house.urls['suppression-list'], key, identity).then((at) => void enforced.set(key, at)),
        );
    },
  });
  try {
    progress(`${bus}, ${when}: ${count} responses, one every ${everyMs} ms`);
    const answers: number[] = [];
    const sending: Promise<void>[] = [];
    const cpu = countCpu();
    const started = performance.now();
    for (let n = 0; n < count; n++) {
      await sleep(Math.max(0, started + n * everyMs - performance.now()));
      const sentAt = performance.now();
      sending.push(
        submit(house.urls.ingest, responseOf(run, n), identity).then(() => {
          accepted.set(customerOf(run, n), performance.now());
          answers.push(performance.now() - sentAt);
        }),
      );
    }
    await Promise.all(sending);
    for (let waited = 0; (assigned.size < count || enforced.size < count) && waited < 10_000; waited += 50)
      await sleep(50);
    await Promise.all(asking);
    report.account(
      `latency on ${bus}, ${when}`,
      { accepted: accepted.size, assigned: assigned.size, enforced: enforced.size },
      count,
    );
    const after = (seen: Map<string, number>) => [...accepted].map(([key, at]) => Math.max(0, seen.get(key)! - at));
    const both = [...accepted].map(([key, at]) => Math.max(0, assigned.get(key)! - at, enforced.get(key)! - at));
    const what = `accepted -> enforced and assigned, 50/s, ${bus} bus, ${when}`;
    report.row(`${what}, p50`, percentile(both, 50), 'ms', goals.p50);
    report.row(`${what}, p99`, percentile(both, 99), 'ms', goals.p99);
    const spread = (ms: number[]) => `${percentile(ms, 50).toFixed(1)} / ${percentile(ms, 99).toFixed(1)} ms`;
    report.remark(
      `latency on ${bus}, ${when}, p50 / p99: request to 2xx ${spread(answers)}; 2xx to enforced ${spread(after(enforced))}; 2xx to assigned ${spread(after(assigned))}`,
    );
    report.cpu(`${bus} bus at 50/s, ${when}`, cpu());
  } finally {
    await watcher.end();
  }
}

type Identity = { authorization: string };

async function submit(ingest: string, response: object, identity: Identity): Promise<void> {
  const answer = await fetch(`${ingest}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...identity },
    body: JSON.stringify(response),
  });
  if (answer.status !== 201) throw new Error(`ingest answered ${answer.status}: ${await answer.text()}`);
  await answer.body?.cancel();
}

async function askUntilRefused(url: string, customerId: string, headers: Identity): Promise<number> {
  for (let asked = 0; asked < 1_000; asked++) {
    const answer = await fetch(`${url}/v1/can-send?class=promo&customerId=${customerId}`, { headers });
    const { allowed } = (await answer.json()) as { allowed: boolean };
    if (!allowed) return performance.now();
    await sleep(1);
  }
  throw new Error(`${customerId} never came on the stop list`);
}

type Seen = (key: string, type: string, at: number) => void;

/** Reads what is new on some topics as soon as PostgreSQL says that it is committed. */
async function watch(url: string, topics: Record<string, Seen>): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const heads = await client.query<{ topic: string; partition: number; head: string }>(
    'select topic, partition, head from bus.partitions where topic = any ($1)',
    [Object.keys(topics)],
  );
  const positions = Map.groupBy(heads.rows, (row) => row.topic);
  const busy = new Set<string>();
  const again = new Set<string>();
  const read = async (topic: string): Promise<void> => {
    if (busy.has(topic)) return void again.add(topic);
    busy.add(topic);
    do {
      again.delete(topic);
      const own = positions.get(topic)!;
      const { rows } = await client.query<{ partition: number; seq: string; key: string; type: string }>(
        `select l.partition, l.seq - l.size + e.nth as seq, e.key, e.attributes::json ->> 'type' as type
           from unnest($1::int[], $2::bigint[]) as p (partition, seq)
          cross join lateral (
            select * from bus.lots where topic = $3 and partition = p.partition and seq > p.seq order by seq limit 1000) l
          cross join lateral rows from (string_to_table(l.keys, E'\\n'), string_to_table(l.attributes, E'\\n'))
            with ordinality as e (key, attributes, nth)`,
        [own.map((row) => row.partition), own.map((row) => row.head), topic],
      );
      const at = performance.now();
      for (const row of rows) {
        own.find(({ partition }) => partition === row.partition)!.head = row.seq;
        topics[topic]!(row.key, row.type, at);
      }
    } while (again.has(topic));
    busy.delete(topic);
  };
  client.on('notification', ({ channel }) => void read(channel));
  for (const topic of Object.keys(topics)) await client.query(`listen "${topic}"`);
  return client;
}
