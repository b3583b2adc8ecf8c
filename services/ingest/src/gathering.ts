/** Refused because more is waiting than we promise to hold; the sender should try again shortly. */
export class Overloaded extends Error {
  override name = 'Overloaded';
  readonly statusCode = 503;
}

/**
 * Group commit: what is submitted while a batch is being written goes into the next one, so a hundred concurrent
 * requests cost one transaction. A submit resolves only after its batch has committed.
 */
export class Gathering<Item, Result> {
  readonly #write: (items: Item[]) => Promise<Result[]>;
  readonly #batchSize: number;
  readonly #bound: number;
  #waiting: { items: Item[]; resolve(results: Result[]): void; reject(error: unknown): void }[] = [];
  #size = 0;
  #writing = 0;
  readonly #writers: number;

  constructor(
    write: (items: Item[]) => Promise<Result[]>,
    options: { batchSize: number; bound: number; writers: number },
  ) {
    this.#write = write;
    this.#batchSize = options.batchSize;
    this.#bound = options.bound;
    this.#writers = options.writers;
  }

  submit(items: Item[]): Promise<Result[]> {
    if (this.#size + items.length > this.#bound && this.#size > 0) {
      return Promise.reject(new Overloaded('too many inputs are waiting to be stored'));
    }
    this.#size += items.length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject });
      if (this.#writing < this.#writers) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#writing++;
    while (this.#waiting.length > 0) {
      const batch = [this.#waiting.shift()!];
      let size = batch[0]!.items.length;
      while (this.#waiting[0] && size + this.#waiting[0].items.length <= this.#batchSize) {
        size += this.#waiting[0].items.length;
        batch.push(this.#waiting.shift()!);
      }
      try {
        const results = await this.#write(batch.flatMap((one) => one.items));
        let from = 0;
        for (const one of batch) {
          one.resolve(results.slice(from, from + one.items.length));
          from += one.items.length;
        }
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
      this.#size -= size;
    }
    this.#writing--;
  }
}
