import { randomUUID } from 'node:crypto';
import type { Database } from '@heard/bus/log';
import { presetPolicy } from '@heard/policy/policy';
import { VirtualClock } from '@heard/service/clock';
import { publishPolicy } from '@heard/service/policy-publication';
import { testDatabase } from '@heard/testing/database';
import { eventually } from '@heard/testing/eventually';
import { authEnvironment, bearer, everything } from '@heard/testing/tokens';
import { sql } from 'kysely';
import { start } from './start.ts';

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it says what it is
  body: any;
}

/** The assignment service with people and cases written by hand, spoken to over HTTP. */
export interface Desk {
  clock: VirtualClock;
  database: Database;
  url: string;
  send(who: string, method: string, path: string, body?: unknown, key?: string): Promise<Answer>;
  /** A case in recovery; returns its id. */
  openCase(set: { customerId: string; owner: string; priority?: string; rootCause?: string }): Promise<string>;
  grant(who: string, caseId: string, amount: number, kind?: string): Promise<Answer>;
  published(type: string): Promise<unknown[]>;
  close(): Promise<void>;
}

export async function openDesk(
  now: string,
  people: Record<string, string[]>,
  environment: Record<string, string> = {},
): Promise<Desk> {
  const home = await testDatabase();
  const clock = new VirtualClock(now);
  const database = home.open('assignment', 2);
  await publishPolicy(presetPolicy(), { adminUrl: home.url, driver: 'postgres', now: clock.now(), log: () => {} });
  const common = {
    DATABASE_URL: home.urlOf('assignment'),
    HTTP_PORT: '0',
    LOG_LEVEL: 'silent',
    ...authEnvironment,
  };
  const running = await start({ environment: { ...common, ...environment }, clock });
  await eventually('readiness', async () => (await fetch(`${running.url}/readyz`)).ok);

  // "Not now" to a request with a key is sent again, as clients do: two hundred at once may wait too long for a connection.
  async function send(who: string, method: string, path: string, body?: unknown, key?: string): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await sendOnce(who, method, path, body, key);
      if (answer.status !== 503 || key === undefined || attempt === 20) return answer;
    }
  }
  async function sendOnce(who: string, method: string, path: string, body?: unknown, key?: string): Promise<Answer> {
    const headers: Record<string, string> = { ...(await bearer(everything, who)) };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (key !== undefined) headers['idempotency-key'] = key;
    const response = await fetch(`${running.url}${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }
  for (const [personId, roles] of Object.entries(people)) {
    await send('admin', 'PUT', `/v1/people/${personId}`, { name: personId, roles });
  }

  return {
    clock,
    database,
    url: running.url,
    send,
    async openCase({ customerId, owner, priority = 'P1', rootCause }) {
      const caseId = randomUUID();
      const at = clock.now().toISOString();
      await sql`insert into cases (case_id, customer_id, state, priority, version, feedback_id, owner, owner_role, received_at, opened_at, started_at, root_cause, updated_at)
        values (${caseId}, ${customerId}, 'in-recovery', ${priority}, 3, ${randomUUID()}, ${owner}, 'senior-support', ${at}, ${at}, ${at}, ${rootCause ?? null}, ${at})`.execute(
        database,
      );
      return caseId;
    },
    grant: (who, caseId, amount, kind = 'cash') =>
      send(
        who,
        'POST',
        `/v1/cases/${caseId}/grants`,
        { kind, amount: { amount, currency: 'CNY' }, reason: 'test' },
        randomUUID(),
      ),
    async published(type) {
      const { rows } = await sql<{ data: unknown }>`
        select data::json as data from bus.log where topic = 'heard.assignment' and attributes::json ->> 'type' = ${type}
         order by partition, seq`.execute(database);
      return rows.map((row) => row.data);
    },
    async close() {
      await running.close();
      await home.drop();
    },
  };
}
