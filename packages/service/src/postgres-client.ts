import type { Writable } from 'node:stream';
import { isUnread } from '@heard/bus/write';
import pg from 'pg';

/** What stays without a name beyond these is planned each time, as everything was. */
const mostNames = 200;
const names = new Map<string, string>();

/** Tables grow from nothing, and a plan made for ten rows must not serve a million: no plan is older than this. */
const planMs = 1_000;

/** What a prepared statement gives has changed since (a migration), or the session does not know it. */
const outdated = new Set(['0A000', '26000']);

/**
 * A session that says less, and waits less. Inside a transaction, where statements repeat, they are parsed once and
 * planned once a second. `begin` travels with the first of them in one message group, of which the server skips the rest
 * if a part fails. What nobody reads (`write` in @heard/bus/write) is sent without waiting for its end: if it fails, that
 * is the error of the next statement that is waited for, at the latest of the commit.
 */
export class PostgresClient extends pg.Client {
  #transaction: 'none' | 'wanted' | 'open' = 'none';
  #unread: Promise<pg.QueryResult>[] = [];
  #plannedAt = 0;
  /** Part of the names: those of another generation are prepared anew. */
  #generation = 0;
  #corked = false;

  constructor(config?: pg.ClientConfig) {
    super({ ...config, pipeline: true });
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of pg; all but text with a promise is passed on
  override query(text: any, values?: any, callback?: any): any {
    if (typeof text !== 'string' || typeof values === 'function' || callback)
      return super.query(text, values, callback);
    if (text === 'begin') {
      this.#transaction = 'wanted';
      return Promise.resolve(nothingRead);
    }
    this.#cork();
    const first = this.#transaction === 'wanted';
    if (first) this.#transaction = 'open';
    if (text.startsWith('rollback')) this.#unread = [];
    if (text === 'commit' || text === 'rollback') this.#transaction = 'none';
    if (!values?.length)
      return this.#read(first ? super.query('begin').then(() => super.query(text)) : super.query(text));
    if (this.#transaction === 'none') return super.query(text, values);
    const before = first ? ['begin'] : [];
    const name = this.#nameOf(text);
    const now = performance.now();
    if (name && now - this.#plannedAt > planMs) {
      this.#plannedAt = now;
      before.push('discard plans');
    }
    const result = this.#send(before, { name, text, values });
    if (!isUnread(values)) return this.#read(result);
    result.catch(() => undefined); // whoever reads next hears of it
    this.#unread.push(result);
    return Promise.resolve(nothingRead);
  }

  /** The first statement that failed says why; those after it only that the transaction is aborted. */
  async #read(result: Promise<pg.QueryResult>): Promise<pg.QueryResult> {
    const unread = this.#unread;
    const [own, ...others] = await Promise.allSettled([result, ...unread]);
    this.#unread = this.#unread.filter((one) => !unread.includes(one));
    for (const one of others) if (one.status === 'rejected') throw one.reason;
    if (own.status === 'rejected') throw own.reason;
    return own.value;
  }

  /** What is said in one go is sent in one. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    const { stream } = (this as unknown as { connection: { stream: Writable } }).connection;
    stream.cork();
    process.nextTick(() => {
      this.#corked = false;
      stream.uncork();
    });
  }

  #nameOf(text: string): string | undefined {
    let name = names.get(text);
    if (!name && names.size < mostNames) {
      name = `heard.${names.size}`;
      names.set(text, name);
    }
    return name && `${name}.${this.#generation}`;
  }

  #send(before: string[], config: pg.QueryConfig): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | undefined, result: unknown) => {
        if (!error) return resolve(result as pg.QueryResult);
        if (outdated.has((error as { code?: string }).code ?? '')) this.#generation++;
        reject(error);
      };
      super.query(before.length === 0 ? new pg.Query(config, done) : new Ensemble(before, config, done));
    });
  }
}

const nothingRead = { command: '', rowCount: null, oid: 0, rows: [], fields: [] };

type Done = (error: Error | undefined, result: unknown) => void;

/** What pg's types leave out. */
interface Wire {
  parse(statement: { text: string }): void;
  bind(portal: object): void;
  execute(portal: object): void;
}
const Statement = pg.Query as unknown as new (
  config: pg.QueryConfig,
  done: Done,
) => pg.Query & { prepare(wire: Wire): void; handleCommandComplete(message: object, wire: Wire): void };

/** A statement with others before it, in one message group; their results are dropped. */
class Ensemble extends Statement {
  readonly #before: string[];
  #completed = 0;

  constructor(before: string[], config: pg.QueryConfig, done: Done) {
    super(config, done);
    this.#before = before;
  }

  override prepare(wire: Wire): void {
    for (const text of this.#before) {
      wire.parse({ text });
      wire.bind({});
      wire.execute({});
    }
    super.prepare(wire);
  }

  override handleCommandComplete(message: object, wire: Wire): void {
    if (this.#completed++ < this.#before.length) return;
    super.handleCommandComplete(message, wire);
  }
}
