import pg from 'pg';

/**
 * One LISTEN connection per process. `on` calls back when the channel is notified with that payload, and whenever
 * notifications may have been missed (after a reconnect). A missed wake-up only costs time: every sleeper also looks
 * by itself now and then.
 */
export class Wakeups {
  readonly #config: pg.ClientConfig;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #channels = new Set<string>();
  #client: pg.Client | undefined;
  #closed = false;
  #reconnect: NodeJS.Timeout | undefined;

  constructor(config: pg.ClientConfig) {
    this.#config = config;
  }

  async open(): Promise<void> {
    await this.#connect();
  }

  on(channel: string, payload: string, wake: () => void): () => void {
    const name = `${channel} ${payload}`;
    const wakes = this.#listeners.get(name) ?? new Set();
    wakes.add(wake);
    this.#listeners.set(name, wakes);
    if (!this.#channels.has(channel)) {
      this.#channels.add(channel);
      this.#client?.query(`listen "${channel}"`).catch(() => this.#lost());
    }
    return () => wakes.delete(wake);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#reconnect);
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ ...this.#config, connectionTimeoutMillis: 5_000, keepAlive: true });
    client.on('error', () => this.#lost());
    client.on('end', () => this.#lost());
    client.on('notification', ({ channel, payload }) => {
      for (const wake of this.#listeners.get(`${channel} ${payload ?? ''}`) ?? []) wake();
    });
    await client.connect();
    for (const channel of this.#channels) await client.query(`listen "${channel}"`);
    this.#client = client;
  }

  #lost(): void {
    if (this.#closed || this.#reconnect) return;
    const client = this.#client;
    this.#client = undefined;
    client?.removeAllListeners('end');
    client?.end().catch(() => {}); // it is gone already; nothing hangs on a clean goodbye
    this.#reconnect = setTimeout(() => {
      this.#reconnect = undefined;
      this.#connect().then(
        () => this.#wakeAll(),
        () => this.#lost(),
      );
    }, 500);
  }

  #wakeAll(): void {
    for (const wakes of this.#listeners.values()) for (const wake of wakes) wake();
  }
}
