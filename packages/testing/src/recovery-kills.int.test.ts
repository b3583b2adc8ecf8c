import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { audit } from '@heard/cli/audit';
import type { Role } from '@heard/events/vocabulary';
import { type House, startHouse } from '@heard/local/house';
import { presetPolicy } from '@heard/policy/policy';
import { openDatabase } from '@heard/service/database';
import { sql } from 'kysely';
import { describe, expect, inject, test } from 'vitest';
import { eventually } from './eventually.ts';
import { finalState } from './final-state.ts';
import { generator } from './seeded.ts';
import { isSettled } from './village.ts';

const staff: Record<string, Role> = { dora: 'director', sue: 'supervisor', sara: 'senior-support', lin: 'support' };
const second = 1_000;
const day = 86_400 * second;

/** One call is enough, and a ladder has one step: else it depended on the kills how much of it there was time for. */
function quickPolicy() {
  const preset = presetPolicy() as { unreachable: object; sla: { ladders: object } };
  const ladders = { ...preset.sla.ladders, promise: [{ at: 'breach', tell: ['owner', 'supervisor'], level: 'push' }] };
  return { ...preset, unreachable: { ...preset.unreachable, attempts: 1 }, sla: { ...preset.sla, ladders } };
}

/** Where it is about noon: the customers live there, so that nobody is called at night whenever the test runs. */
function noonZone(): string {
  const offset = 12 - new Date().getUTCHours();
  return `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`;
}

/** A house with staff in which one customer after the other is won back, all at the same time, by commands that are sent until they are answered. */
class Recovery {
  readonly #house: House;
  readonly #admin: ReturnType<typeof openDatabase>;
  readonly #zone = noonZone();
  /** How often something was sent to a path: the keys, and so the ids, are those of the other run. */
  readonly #sent = new Map<string, number>();

  constructor(house: House) {
    this.#house = house;
    this.#admin = openDatabase({ url: house.adminUrl, schema: 'bus', connections: 2, onError: () => {} });
  }

  async play(): Promise<void> {
    for (const [personId, role] of Object.entries(staff)) {
      await this.#send('dora', 'PUT', `/v1/people/${personId}`, { name: personId, roles: [role] });
    }
    const five = (play: (customerId: string) => Promise<void>) =>
      Array.from({ length: 5 }, (_, i) => play.call(this, `${play.name}-${i}`));
    await Promise.all([this.reopened, this.broken, this.silent, this.mild].flatMap(five));
    const settled = () => isSettled(this.#admin);
    await eventually('rest', async () => (await settled()) && (await settled()), 60);
  }

  async reopened(customerId: string): Promise<void> {
    const caseId = await this.complains(customerId, 2);
    await this.act('sara', caseId, 'acknowledge');
    const promiseId = await this.speaks('sara', caseId, 'phone', day);
    for (const step of ['hear', 'empathize', 'apologize', 'resolve']) await this.act('sara', caseId, 'heard', { step });
    await this.grant('sara', caseId, 100_00, 'granted');
    const asked = await this.grant('sara', caseId, 450_00, 'asked');
    await this.#send('sue', 'POST', `/v1/grants/${asked}/approve`);
    await this.act('sara', caseId, 'pause', { reason: 'waiting-for-customer' });
    await this.act('sara', caseId, 'replies', { channel: 'email' });
    await this.act('sara', caseId, 'contacts', { channel: 'phone' });
    await this.act('sara', caseId, 'resolve', { rootCause: 'courier' });
    await this.becomes(caseId, 'observing');
    await this.says(customerId, 'again', 1);
    await this.becomes(caseId, 'assigned');
    await this.act('sara', caseId, 'contacts', { channel: 'phone' });
    await this.act('sara', caseId, 'keep-promise', { promiseId });
    await this.act('sara', caseId, 'resolve', { rootCause: 'courier, again' });
    await this.becomes(caseId, 'observing');
    await this.act('sara', caseId, 'give-wow', { what: 'a card' });
  }

  async broken(customerId: string): Promise<void> {
    const caseId = await this.complains(customerId, 2);
    // Time enough for the command to arrive, however often it is sent.
    const promiseId = await this.speaks('sara', caseId, 'phone', 15 * second);
    const given = await this.grant('sara', caseId, 200_00, 'granted');
    await this.#send('sara', 'POST', `/v1/grants/${given}/reverse`, { reason: 'to somebody else' });
    await eventually(
      'the promise to be broken',
      async () => {
        const { rows } = await sql`
          select 1 from sla_timer.clocks where about = ${promiseId} and state = 'breached'`.execute(this.#admin);
        return rows.length > 0;
      },
      60,
    );
    await this.act('sara', caseId, 'keep-promise', { promiseId });
    await this.act('sue', caseId, 'transfer', { to: 'dora', reason: 'it was broken', override: true });
    await this.act('dora', caseId, 'acknowledge');
    await this.act('dora', caseId, 'resolve', { rootCause: 'nobody looked' });
    await this.becomes(caseId, 'observing');
  }

  async silent(customerId: string): Promise<void> {
    const caseId = await this.complains(customerId, 3);
    await this.act('sara', caseId, 'attempts', { channel: 'phone', outcome: 'no-answer' });
    await this.becomes(caseId, 'parked');
    await this.says(customerId, 'again', 8);
    await this.becomes(caseId, 'assigned');
    await this.speaks('sara', caseId, 'phone', day);
    await this.act('sara', caseId, 'resolve', { rootCause: 'slow refunds' });
    await this.becomes(caseId, 'observing');
    await this.act('sara', caseId, 'close', { outcome: 'recovered' });
  }

  async mild(customerId: string): Promise<void> {
    const caseId = await this.complains(customerId, 5);
    const promiseId = await this.speaks('lin', caseId, 'email', day);
    await this.act('lin', caseId, 'pause', { reason: 'waiting-for-third-party' });
    await this.act('lin', caseId, 'help-requests', { role: 'supervisor', what: 'a word with the courier' });
    const { help } = await this.work(caseId);
    await this.act('lin', caseId, 'give-help', { requestId: help[0] });
    await this.act('lin', caseId, 'resume');
    await this.act('lin', caseId, 'withdraw-promise', { promiseId, reason: 'it came by itself' });
    await this.act('lin', caseId, 'close', { outcome: 'lost', rootCause: 'parcel' });
  }

  async complains(customerId: string, nps: number): Promise<string> {
    const value = { source: 'crm', customerId, valueClass: 'ordinary', phone: '+8613800000000', timeZone: this.#zone };
    await this.#post('ingest', '/v1/customer-values', { ...value, occurredAt: '2026-10-01T00:00:00Z' });
    // What a customer is worth and what they say come by the same topic, in this order.
    await this.says(customerId, 'first', nps);
    return eventually(
      'the case',
      async () => {
        const { rows } = await sql<{ caseId: string }>`
          select case_id as "caseId" from assignment.cases where customer_id = ${customerId} and owner is not null`.execute(
          this.#admin,
        );
        return rows[0]?.caseId;
      },
      60,
    );
  }

  async says(customerId: string, which: string, nps: number): Promise<void> {
    const score = { scale: 'nps', value: nps };
    const said = { source: 'kills', externalId: `${customerId}-${which}`, customerId, score, comment: '一般' };
    await this.#post('ingest', '/v1/responses', { ...said, occurredAt: '2026-10-02T00:00:00Z' });
  }

  async speaks(by: string, caseId: string, channel: string, inMs: number): Promise<string> {
    const promises = [{ what: 'a solution', dueAt: new Date(Date.now() + inMs).toISOString() }];
    await this.act(by, caseId, 'contacts', { channel, promises });
    return (await this.work(caseId)).promises.at(-1)!.id;
  }

  async work(caseId: string): Promise<{ promises: { id: string }[]; help: string[] }> {
    const { rows } = await sql<{ work: string }>`
      select work::text from assignment.cases where case_id = ${caseId}`.execute(this.#admin);
    return JSON.parse(rows[0]!.work);
  }

  becomes(caseId: string, state: string) {
    const what = `the case to be ${state}`;
    const look = async () => {
      const { rows } = await sql<{ state: string }>`
        select state from assignment.cases where case_id = ${caseId}`.execute(this.#admin);
      return rows[0]!.state === state;
    };
    return eventually(what, look, 60);
  }

  comesTo(fact: string) {
    const look = async () => {
      const { rows } = await sql`select 1 from assignment.case_events where type = ${fact} limit 1`.execute(
        this.#admin,
      );
      return rows.length > 0;
    };
    return eventually(`the first ${fact}`, look, 60);
  }

  act(by: string, caseId: string, what: string, body: object = {}) {
    return this.#send(by, 'POST', `/v1/cases/${caseId}/${what}`, body);
  }

  async grant(by: string, caseId: string, amount: number, state: string): Promise<string> {
    const body = { kind: 'voucher', amount: { amount, currency: 'CNY' }, reason: 'to make good' };
    const grant = await this.#send(by, 'POST', `/v1/cases/${caseId}/grants`, body);
    expect(grant.state).toBe(state);
    return grant.grantId as string;
  }

  async #post(service: 'ingest', path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json', ...(await this.#house.authorize('system')) };
    const url = `${this.#house.urls[service]}${path}`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status).toBeLessThan(300);
  }

  /** To assignment, under one key, until there is an answer. */
  async #send(by: string, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const nth = (this.#sent.get(path) ?? 0) + 1;
    this.#sent.set(path, nth);
    const headers = {
      ...(await this.#house.authorizeAs(by, staff[by]!)),
      ...(body && { 'content-type': 'application/json' }),
      'idempotency-key': `${path} ${nth}`,
    };
    const answer = await eventually(
      `an answer to ${path}`,
      async () => {
        const one = await fetch(`${this.#house.urls.assignment}${path}`, {
          method,
          headers,
          body: body && JSON.stringify(body),
          signal: AbortSignal.timeout(10_000),
        });
        if (one.status >= 500) return null;
        return { status: one.status, body: (await one.json()) as Record<string, unknown> };
      },
      60,
    );
    expect(answer, `${path} by ${by}`).toMatchObject({ status: 200 });
    return answer.body;
  }

  /** Line by line: what it all came to, and each case's way there. */
  async state(): Promise<string[]> {
    const { rows } = await sql<{ line: string }>`
      select 'history ' || case_id || ' ' || string_agg(type || coalesce(' ' || (data::json ->> 'promiseId'), ''), ', ' order by version) as line
        from assignment.case_events group by case_id order by 1`.execute(this.#admin);
    return [...(await finalState(this.#admin)), ...rows.map((row) => row.line)];
  }

  close() {
    return this.#admin.destroy();
  }
}

interface Run {
  state: string[];
  killed: string[];
}

async function run(bus: 'postgres' | 'kafka', seed: number | null): Promise<Run> {
  const dir = mkdtempSync(join(tmpdir(), 'heard-kills-'));
  const environment = { LOG_LEVEL: 'warn' };
  const house = await startHouse({ dir, bus, basePort: 0, policy: quickPolicy(), environment });
  const recovery = new Recovery(house);
  try {
    const [killed] = await Promise.all([seed === null ? [] : kill(house, recovery, seed), recovery.play()]);
    const findings = await audit({ bus, adminUrl: house.adminUrl, brokers: house.brokers, urls: house.urls });
    expect(findings.filter((one) => one.broken > 0)).toEqual([]);
    expect(findings.filter((one) => one.checked === 0).map(({ title }) => title)).toEqual([]);
    return { state: await recovery.state(), killed };
  } finally {
    await recovery.close();
    await house.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** In two waves, when the first case is there and when the first is resolved; at moments the seed chooses. */
async function kill(house: House, recovery: Recovery, seed: number): Promise<string[]> {
  const random = generator(seed);
  const killed: string[] = [];
  for (const fact of ['case.assigned', 'case.resolved']) {
    await recovery.comesTo(fact);
    for (const until = killed.length + 4; killed.length < until; ) {
      await sleep(100 + random() * 900);
      const name = random() < 0.6 ? 'assignment' : 'sla-timer';
      if (house.kill(name, 'SIGKILL')) killed.push(name);
    }
  }
  return killed;
}

const seed = Number(process.env.SEED ?? 20_261_122);
const kafkaMissing = inject('kafkaMissing');
const buses = kafkaMissing ? (['postgres'] as const) : (['postgres', 'kafka'] as const);

describe.each(buses)(`a recovery whose services are killed, seed ${seed}, %s`, (bus) => {
  test('comes to the same final state as one without kills', async () => {
    const [calm, { state, killed }] = await Promise.all([run(bus, null), run(bus, seed)]);
    expect(killed).toHaveLength(8);
    const lines = new Set(calm.state);
    expect(
      state.filter((line) => !lines.has(line)),
      `killed ${killed}`,
    ).toEqual([]);
    expect(state).toEqual(calm.state);
  }, 400_000);
});

if (kafkaMissing) test.skip(`a recovery whose services are killed, kafka (${kafkaMissing})`);
