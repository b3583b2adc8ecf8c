import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { audit } from '@heard/cli/audit';
import { type ReplaySummary, replay } from '@heard/cli/replay';
import type { ServiceName } from '@heard/events/registry';
import { type House, startHouse } from '@heard/local/house';
import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { openDatabase } from '@heard/service/database';
import { compileLexicon, findHits } from '@heard/text/lexicon';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from './eventually.ts';
import { finalState } from './final-state.ts';
import { type LabelledComments, labelledComments } from './labelled-comments.ts';
import { generator } from './seeded.ts';
import { isSettled } from './village.ts';

const staff: [string, string][] = [
  ['director-1', 'director'],
  ...Array.from({ length: 6 }, (_, i): [string, string] => [`csm-${i + 1}`, 'csm']),
  ['senior-1', 'senior-support'],
  ['senior-2', 'senior-support'],
  ['support-1', 'support'],
  ['support-2', 'support'],
];

/** All of Heard as processes, with staff, spoken to by HTTP and Kafka only. */
class Running {
  readonly dir = mkdtempSync(join(tmpdir(), 'heard-house-'));
  house!: House;
  admin!: ReturnType<typeof openDatabase>;
  readonly bus: 'postgres' | 'kafka';

  constructor(bus: 'postgres' | 'kafka') {
    this.bus = bus;
  }

  async open() {
    this.house = await startHouse({ dir: this.dir, bus: this.bus, basePort: 0, environment: { LOG_LEVEL: 'warn' } });
    this.admin = openDatabase({ url: this.house.adminUrl, schema: 'bus', connections: 2, onError: () => {} });
    for (const [id, role] of staff) {
      await fetch(`${this.house.urls.assignment}/v1/people/${id}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', ...(await this.house.authorize('admin')) },
        body: JSON.stringify({ name: id, roles: [role] }),
      });
    }
    return this;
  }

  /** Sends items as a file of JSON lines, over Kafka where there is one. */
  async send(type: string, items: readonly object[]): Promise<ReplaySummary> {
    const file = join(this.dir, 'items.jsonl');
    writeFileSync(file, items.map((data) => JSON.stringify({ type, data })).join('\n'));
    const { house } = this;
    const summary = await replay({
      files: [file],
      kind: 'auto',
      via: this.bus === 'kafka' ? 'kafka' : 'http',
      url: house.urls.ingest,
      brokers: house.brokers,
      batch: 500,
      rate: 0,
      wait: false,
      environment: {},
      headers: await house.authorize('system'),
    });
    return summary;
  }

  /** Waits until ingest holds as many inputs and everybody has done with them. */
  async settle(counter: 'responses' | 'customerValues', count: number): Promise<void> {
    await eventually(`${count} ${counter}`, async () => (await this.summary('ingest'))[counter] === count, 180);
    await eventually('rest', async () => (await isSettled(this.admin)) && (await isSettled(this.admin)), 180);
  }

  async summary(service: ServiceName): Promise<Record<string, number>> {
    const headers = await this.house.authorize('system');
    return (await (await fetch(`${this.house.urls[service]}/v1/summary`, { headers })).json()) as Record<
      string,
      number
    >;
  }

  async broken() {
    const { bus, house } = this;
    const findings = await audit({ bus, adminUrl: house.adminUrl, brokers: house.brokers, urls: house.urls });
    expect(findings.filter((one) => one.checked === 0).map(({ title }) => title)).toEqual([]);
    return findings.filter((one) => one.broken > 0);
  }

  async close() {
    await this.admin?.destroy();
    await this.house?.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const kafkaMissing = inject('kafkaMissing');
const buses = kafkaMissing ? (['postgres'] as const) : (['postgres', 'kafka'] as const);

const comments = await labelledComments(
  process.env.HEARD_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url)),
);

describe('25,479 public comments', () => {
  const states: string[][] = [];
  if (!comments) test.skip('need the folder shared/data beside the repository, or HEARD_DATA');
  if (kafkaMissing) test.skip(`on Kafka (${kafkaMissing})`);

  describe.runIf(comments)('every line is accounted for', () => {
    describe.each(buses)('%s', (bus) => {
      const running = new Running(bus);
      beforeAll(async () => {
        await running.open();
      });
      afterAll(() => running.close());

      test('the numbers add up to the rule table, the stop list holds every detractor, the audit holds', async () => {
        const { values, responses } = comments!;
        await running.send('customer-value.published', values);
        await running.settle('customerValues', values.length);
        const sent = await running.send('survey-response.submitted', responses);
        expect([sent.read, sent.rejected, sent.accepted ?? sent.sent]).toEqual([responses.length, 0, responses.length]);
        await running.settle('responses', responses.length);

        const want = expected(comments!);
        expect(await running.summary('triage')).toMatchObject({
          feedback: responses.length,
          detractors: want.detractors,
          ...want.feedback,
        });
        expect(await running.summary('assignment')).toMatchObject({
          ...want.cases,
          cases: want.customers.size,
          queuedCases: 0,
        });
        expect(await running.summary('sla-timer')).toMatchObject({
          runningClocks: 4 * want.customers.size,
        });
        expect(await running.summary('rca')).toMatchObject({ comments: responses.length, detractors: want.detractors });

        const everybody = [...new Set(responses.map((response) => response.customerId))];
        const answer = await fetch(`${running.house.urls['suppression-list']}/v1/can-send`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(await running.house.authorize('marketing')) },
          body: JSON.stringify({ class: 'promo', customerIds: everybody }),
        });
        const { refused } = (await answer.json()) as { refused: string[] };
        expect(new Set(refused)).toEqual(want.customers);
        expect(await running.broken()).toEqual([]);
        states.push(await finalState(running.admin));
      }, 400_000);

      test('sent a second time nothing changes', async () => {
        const sent = await running.send('survey-response.submitted', comments!.responses);
        expect(sent.rejected).toBe(0);
        if (bus === 'postgres') expect(sent.duplicate).toBe(comments!.responses.length);
        await running.settle('responses', comments!.responses.length);
        if (bus === 'kafka')
          await eventually('the second copy to be read', async () => (await kafkaLag(running)) === 0, 120);
        await running.settle('responses', comments!.responses.length);
        expect(await finalState(running.admin)).toEqual(states.at(-1));
        expect(await running.broken()).toEqual([]);
      }, 400_000);
    });

    if (buses.length === 2)
      test('both buses come to the same final state', () => {
        expect(states).toHaveLength(2);
        expect(states[0]).toEqual(states[1]);
      });
  });
});

/** The counts by the seed's rule table alone: score, value class of the CRM, red-line words. */
function expected({ values, responses }: LabelledComments) {
  const lexicon = compileLexicon(parsePolicy(presetPolicy()).lexicons);
  const high = new Set(values.filter((value) => value.valueClass === 'high').map((value) => value.customerId));
  const feedback = { priorityP0: 0, priorityP1: 0, priorityP2: 0 };
  const customers = new Map<string, 'P0' | 'P1' | 'P2'>();
  let detractors = 0;
  for (const { customerId, score, comment } of responses) {
    const value = score!.value;
    if (value > 6) continue;
    detractors++;
    const isRed = findHits(lexicon, comment ?? '').some((hit) => hit.list === 'redLine');
    const isHigh = high.has(customerId);
    const priority = isHigh && value <= 3 && isRed ? 'P0' : isHigh || value <= 3 ? 'P1' : 'P2';
    feedback[`priority${priority}`]++;
    const before = customers.get(customerId);
    customers.set(customerId, before && before < priority ? before : priority);
  }
  const count = (priority: string) => [...customers.values()].filter((one) => one === priority).length;
  const cases = { casesP0: count('P0'), casesP1: count('P1'), casesP2: count('P2') };
  return { feedback, cases, detractors, customers: new Set(customers.keys()) };
}

async function kafkaLag(running: Running): Promise<number> {
  const { connectKafka } = await import('@heard/bus/kafka');
  const { publicTopicLag } = await import('@heard/bus/kafka-topics');
  const client = connectKafka({ brokers: running.house.brokers, clientId: 'heard.test', log: () => {} });
  return (await publicTopicLag(client, 'ingest')).reduce((sum, one) => sum + one.lag, 0);
}

describe.each(buses)('any service killed at any moment: the same final state, %s', (bus) => {
  const running = new Running(bus);
  beforeAll(async () => {
    await running.open();
  });
  afterAll(() => running.close());

  test('3,000 responses under ten kills', async () => {
    const seed = Number(process.env.SEED ?? 20_261_121);
    const random = generator(seed);
    const responses = Array.from({ length: 3_000 }, (_, i) => ({
      source: 'kill',
      externalId: `k-${i}`,
      customerId: `k-${Math.floor(random() * 1_500)}`,
      score: { scale: 'nps', value: Math.floor(random() * 11) },
      comment: i % 7 === 0 ? '我要起诉你们' : '一般',
      occurredAt: '2026-10-01T00:00:00Z',
    }));
    const names = Object.keys(running.house.urls) as ServiceName[];
    const killing = (async () => {
      const killed: string[] = [];
      while (killed.length < 10) {
        await sleep(300 + random() * 500);
        const name = names[Math.floor(random() * names.length)]!;
        if (running.house.kill(name, 'SIGKILL')) killed.push(name);
      }
      return killed;
    })();
    // In small parts, so that the kills fall into the work and not after it.
    for (let from = 0; from < responses.length; from += 200) {
      await running.send('survey-response.submitted', responses.slice(from, from + 200));
      await sleep(150);
    }
    const killed = await killing;
    expect(killed, `seed ${seed}`).toHaveLength(10);
    await eventually(
      'all services to be back',
      async () => {
        const ready = await Promise.all(
          names.map((name) => fetch(`${running.house.urls[name]}/readyz`).then((one) => one.ok)),
        );
        return ready.every(Boolean);
      },
      60,
    );
    await running.settle('responses', responses.length);

    const unhappy = new Map<string, number>();
    for (const { customerId, score } of responses) {
      if (score.value <= 6) unhappy.set(customerId, Math.min(unhappy.get(customerId) ?? 10, score.value));
    }
    const severe = [...unhappy.values()].filter((worst) => worst <= 3).length;
    expect(await running.summary('assignment'), `seed ${seed}, killed ${killed}`).toMatchObject({
      cases: unhappy.size,
      casesP0: 0,
      casesP1: severe,
      casesP2: unhappy.size - severe,
    });
    expect((await running.summary('sla-timer')).runningClocks).toBe(4 * unhappy.size);
    expect((await running.summary('suppression-list')).customers).toBe(unhappy.size);
    expect(await running.broken()).toEqual([]);
  }, 400_000);
});
