import type { Role } from '@heard/events/vocabulary';
import { openStub } from '@heard/notifications/fixture-stub';
import { VirtualClock } from '@heard/service/clock';
import { bearer } from './tokens.ts';
import { startVillage, type Village } from './village.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export interface ClockRow {
  clockId: string;
  caseId: string;
  kind: string;
  about: string | null;
  cycle: number;
  state: string;
  startedAt: string;
  dueAt: string;
  naturalDueAt: string | null;
  metBy: string | null;
  escalationStep: number;
}

const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;

/** A desk that wins customers back, on a virtual clock: whom it has, what customers say, and what arrives outside. */
export class RecoveryDesk {
  readonly clock: VirtualClock;
  readonly #village: Village;
  readonly #stub: Awaited<ReturnType<typeof openStub>>;
  readonly #roles = new Map<string, Role[]>();
  #said = 0;

  private constructor(clock: VirtualClock, village: Village, stub: Awaited<ReturnType<typeof openStub>>) {
    this.clock = clock;
    this.#village = village;
    this.#stub = stub;
  }

  static async open(bus: 'postgres' | 'kafka', start: string): Promise<RecoveryDesk> {
    const clock = new VirtualClock(start);
    const stub = await openStub(() => ({}));
    const common = { url: stub.url, secret, allowPrivate: true, rate: { perMinute: 6_000 } };
    const targets = { hook: { kind: 'webhook', ...common }, gateway: { kind: 'sms', ...common } };
    const environment = { NOTIFICATION_TARGETS: JSON.stringify(targets) };
    return new RecoveryDesk(clock, await startVillage({ clock, bus, environment }), stub);
  }

  get village(): Village {
    return this.#village;
  }

  async close(): Promise<void> {
    await this.#village.close();
    await this.#stub.close();
  }

  /** Hires somebody, or changes them; told by webhook under their id. */
  async has(personId: string, role: Role, over: object = {}): Promise<void> {
    this.#roles.set(personId, [role]);
    const notify = [{ target: 'hook', address: personId }];
    const body = { name: personId, roles: [role], notify, ...over };
    const { status } = await this.#village.send('assignment', 'PUT', `/v1/people/${personId}`, body);
    if (status !== 200) throw new Error(`${personId} was not hired: ${status}`);
    await this.#village.settle();
  }

  async isWorth(customerId: string, over: object = {}, settle = true): Promise<void> {
    const occurredAt = this.clock.now().toISOString();
    const value = { source: 'crm', customerId, valueClass: 'ordinary', occurredAt, ...over };
    await this.#village.send('ingest', 'POST', '/v1/customer-values', value);
    if (settle) await this.#village.settle();
  }

  async says(customerId: string, nps: number, comment: string, settle = true): Promise<void> {
    const { status } = await this.#village.send('ingest', 'POST', '/v1/responses', {
      source: 'story',
      externalId: `s-${++this.#said}`,
      customerId,
      score: { scale: 'nps', value: nps },
      comment,
      occurredAt: this.clock.now().toISOString(),
    });
    if (status >= 300) throw new Error(`${customerId} was not heard: ${status}`);
    if (settle) await this.#village.settle();
  }

  /** Lets time pass up to then, in steps in which whatever becomes due happens near its time. */
  async until(at: string): Promise<void> {
    const end = Date.parse(at);
    if (end < this.clock.now().getTime()) throw new Error(`${at} is over`);
    while (this.clock.now().getTime() < end) {
      const left = end - this.clock.now().getTime();
      this.clock.advance(Math.min(left, left > 2 * day ? 6 * hour : hour));
      await this.#village.settle();
    }
  }

  in(ms: number): string {
    return new Date(this.clock.now().getTime() + ms).toISOString();
  }

  /** As somebody of the desk, in the roles they have. */
  async as(personId: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const token = await bearer(this.#roles.get(personId)!, personId);
    const answer = await this.#village.send('assignment', method, path, body, { ...token, ...headers });
    await this.#village.settle();
    return answer;
  }

  act(by: string, caseId: string, what: string, body: object = {}) {
    return this.as(by, 'POST', `/v1/cases/${caseId}/${what}`, body);
  }

  /** A live contact in which one thing is promised. Returns the promise's id. */
  async speaks(by: string, caseId: string, channel: string, dueAt: string): Promise<string> {
    const promises = [{ what: 'a solution', dueAt }];
    const { status, body } = await this.act(by, caseId, 'contacts', { channel, promises });
    if (status !== 200) throw new Error(`${by} did not reach the customer: ${JSON.stringify(body)}`);
    return (await this.history(caseId)).findLast((one) => one.type === 'case.promised')!.data.promiseId;
  }

  grant(by: string, caseId: string, amount: number, kind = 'cash') {
    const body = { kind, amount: { amount, currency: 'CNY' }, reason: 'to make good' };
    return this.as(by, 'POST', `/v1/cases/${caseId}/grants`, body, { 'idempotency-key': `g-${++this.#said}` });
  }

  async ask(service: keyof Village['urls'], path: string, params: Record<string, string> = {}): Promise<any> {
    const query = new URLSearchParams(params).toString();
    return (await this.#village.send(service, 'GET', query ? `${path}?${query}` : path)).body;
  }

  /** The newest case of a customer. */
  async caseOf(customerId: string) {
    return (await this.ask('assignment', '/v1/cases', { customerId })).items[0];
  }

  async history(caseId: string): Promise<{ type: string; at: string; data: any }[]> {
    return (await this.ask('assignment', `/v1/cases/${caseId}`)).history;
  }

  async clocks(params: Record<string, string>): Promise<ClockRow[]> {
    const all: ClockRow[] = [];
    for (let cursor = ''; ; ) {
      const page = await this.ask('sla-timer', '/v1/clocks', { limit: '200', ...params, ...(cursor && { cursor }) });
      all.push(...page.items);
      if (!page.next) return all;
      cursor = page.next;
    }
  }

  /** The newest clock of a kind, or the one about something. */
  async clockOf(caseId: string, kind: string, about?: string): Promise<ClockRow> {
    const found = (await this.clocks({ caseId, kind })).filter((one) => about === undefined || one.about === about);
    return found.toSorted((a, b) => a.cycle - b.cycle).at(-1)!;
  }

  async reasons(customerId: string): Promise<string[]> {
    const { entries } = await this.ask('suppression-list', `/v1/stop-list/${customerId}`);
    return entries.flatMap((one: { endedAt: string | null; reason: string }) => (one.endedAt ? [] : [one.reason]));
  }

  /** What the outside was told: by webhook to a person, by SMS to a number. */
  told(address: string): { type: string; text: string }[] {
    return this.#stub.received.flatMap(({ body: { type, data } }) =>
      data.to === address ? [{ type, text: `${data.subject ?? ''}\n${data.text}` }] : [],
    );
  }

  received(): Set<string> {
    return new Set(this.#stub.received.map((one) => String(one.headers['webhook-id'])));
  }
}
