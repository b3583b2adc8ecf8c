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
  /** The connection in use; news from any other is old news. */
  #client: pg.Client | undefined;
  /** A client takes one statement at a time. */
  #listening: Promise<void> = Promise.resolve();
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
      this.#listening = this.#listening.then(() => this.#listen(channel));
    }
    return () => wakes.delete(wake);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#reconnect);
    const client = this.#client;
    this.#client = undefined;
    if (client) await leave(client);
  }

  async #listen(channel: string): Promise<void> {
    const client = this.#client;
    await client?.query(`listen "${channel}"`).catch(() => this.#lost(client));
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ ...this.#config, connectionTimeoutMillis: 5_000, keepAlive: true });
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ channel, payload }) => {
      for (const wake of this.#listeners.get(`${channel} ${payload ?? ''}`) ?? []) wake();
    });
    try {
      await client.connect();
      for (const channel of this.#channels) await client.query(`listen "${channel}"`);
    } catch (error) {
      void leave(client);
      throw error;
    }
    if (this.#closed) return leave(client);
    this.#client = client;
  }

  #lost(client: pg.Client): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    void leave(client);
    this.#connectAgain();
  }

  #connectAgain(): void {
    if (this.#closed) return;
    this.#reconnect = setTimeout(() => {
      this.#connect().then(
        () => this.#wakeAll(),
        () => this.#connectAgain(),
      );
    }, 500);
  }

  #wakeAll(): void {
    for (const wakes of this.#listeners.values()) for (const wake of wakes) wake();
  }
}

/** Says goodbye, and hangs up after a second on a server that does not answer. */
async function leave(client: pg.Client): Promise<void> {
  const stream = (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
  const late = setTimeout(() => stream.destroy(), 1_000);
  await client.end().catch(() => {}); // it is gone already
  clearTimeout(late);
}
