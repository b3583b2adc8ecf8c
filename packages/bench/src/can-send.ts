import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { House } from '@heard/local/house';
import { type BenchOptions, withHouse } from './ground.ts';
import { countCpu, interleave, median, progress, type Report, rateOf, ratio, residentMb } from './measuring.ts';

/** "May this be sent?" with a million customers on the stop list, one by one and in bulk, over HTTP. */
export async function canSend(report: Report, { seconds, rounds, quick }: BenchOptions): Promise<void> {
  const listed = quick ? 50_000 : 1_000_000;
  await withHouse(
    { bus: 'postgres', only: ['suppression-list'], environment: { LOG_LEVEL: 'warn' } },
    async (house, admin) => {
      report.row('resident memory, empty list', residentMb(house.pid('suppression-list')), 'MB');
      progress(`putting ${listed} customers on the list`);
      await house.stop('suppression-list');
      await admin.query(
        `insert into suppression_list.entries (customer_id, reason, source, started_at)
       select 'C' || lpad(n::text, 11, '0'), 'recovery', 'bench', now() from generate_series(0, $1 - 1) n`,
        [listed],
      );
      await admin.query('analyze suppression_list.entries');
      const started = performance.now();
      await house.start('suppression-list');
      await untilLoaded(house, listed);
      report.row(`start with ${listed.toLocaleString('en-US')} on the list`, (performance.now() - started) / 1000, 's');
      report.row('resident memory, list loaded', residentMb(house.pid('suppression-list')), 'MB');
      await single(report, house, listed, seconds, rounds);
      await bulk(report, house, listed, rounds);
      report.row('resident memory, after the load', residentMb(house.pid('suppression-list')), 'MB');
    },
  );
}

const customer = (n: number): string => `C${String(n).padStart(11, '0')}`;

async function untilLoaded({ authorize, urls }: House, listed: number): Promise<void> {
  const headers = await authorize('marketing');
  for (let tries = 0; tries < 600; tries++) {
    const answer = await fetch(
      `${urls['suppression-list']}/v1/can-send?class=promo&customerId=${customer(listed * 2)}`,
      { headers },
    );
    if (((await answer.json()) as { code: string }).code === 'clear') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the guard did not load the list within 30 s');
}

/** GET one by one from a load generator in a process of its own, beside a bare fastify route with a Set of the same. */
async function single(report: Report, house: House, listed: number, seconds: number, rounds: number): Promise<void> {
  const { authorization } = await house.authorize('system');
  const bare = fork(new URL('./bare-route.ts', import.meta.url), [String(listed)]);
  try {
    const [{ url }] = (await once(bare, 'message')) as [{ url: string }];
    const p99 = { heard: [] as number[], bare: [] as number[] };
    const load = (name: 'heard' | 'bare', base: string) => async () => {
      const result = await generateLoad(`${base}/v1/can-send`, listed, seconds, authorization);
      p99[name].push(result.p99);
      return result.rate;
    };
    progress(`single checks, ${rounds} rounds of ${seconds} s each way`);
    await generateLoad(`${house.urls['suppression-list']}/v1/can-send`, listed, 2, authorization);
    await generateLoad(`${url}/v1/can-send`, listed, 2, authorization);
    const cpu = countCpu();
    const rates = await interleave(rounds, {
      heard: load('heard', house.urls['suppression-list']),
      bare: load('bare', url),
    });
    report.row('GET /v1/can-send, 32 connections', median(rates.heard), '/s', { atLeast: 10_000 });
    report.row('GET /v1/can-send, p99', median(p99.heard), 'ms', { atMost: 15 });
    report.row('  bare fastify route with a Set', median(rates.bare), '/s');
    report.row('  bare fastify route, p99', median(p99.bare), 'ms');
    report.row('  can-send ÷ bare route', ratio(rates.heard, rates.bare), '×');
    report.cpu('single checks, both ways in turn', cpu());
  } finally {
    bare.kill();
  }
}

interface Load {
  rate: number;
  p99: number;
}

async function generateLoad(url: string, listed: number, seconds: number, authorization: string): Promise<Load> {
  const child = spawn(
    process.execPath,
    [new URL('./load.ts', import.meta.url).pathname, url, String(listed), String(seconds), authorization],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error('the load generator failed');
  return JSON.parse(output) as Load;
}

/** A recipient list of a million, half of it on the stop list, against the same question asked of a Set in this process. */
async function bulk(report: Report, house: House, listed: number, rounds: number): Promise<void> {
  const ids = Array.from({ length: listed }, (_, n) => customer(n * 2));
  const expected = Math.ceil(listed / 2);
  const text = JSON.stringify(ids);
  const set = new Set(Array.from({ length: listed }, (_, n) => customer(n)));
  const perCall = 50_000;
  const identity = await house.authorize('marketing');
  const check = (refused: number) => {
    if (refused !== expected) throw new Error(`${refused} refused, not ${expected}`);
  };
  progress(`bulk checks of ${listed}, ${rounds} rounds`);
  const seconds = await interleave(rounds, {
    heard: async () =>
      listed /
      (await rateOf(listed, async () => {
        let refused = 0;
        const calls = Array.from({ length: Math.ceil(listed / perCall) }, (_, n) =>
          ids.slice(n * perCall, (n + 1) * perCall),
        );
        // Two lanes, so that one side reads while the other answers.
        const lane = async () => {
          for (let customerIds = calls.pop(); customerIds; customerIds = calls.pop()) {
            const answer = await fetch(`${house.urls['suppression-list']}/v1/can-send`, {
              method: 'POST',
              headers: { 'content-type': 'application/json', ...identity },
              body: JSON.stringify({ class: 'promo', customerIds }),
            });
            refused += ((await answer.json()) as { refused: string[] }).refused.length;
          }
        };
        await Promise.all([lane(), lane()]);
        check(refused);
      })),
    // Parsed anew each time: ids come from a file or a query, and a string that was never hashed costs more.
    set: async () => {
      const fresh = JSON.parse(text) as string[];
      return listed / (await rateOf(listed, async () => check(fresh.filter((id) => set.has(id)).length)));
    },
  });
  report.row(
    `bulk check of ${listed.toLocaleString('en-US')} ids over HTTP, ${perCall} a call`,
    median(seconds.heard),
    's',
    {
      atMost: 4,
    },
  );
  report.row('  Set.has in this process', median(seconds.set), 's');
}
