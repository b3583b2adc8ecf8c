/**
 * What time it is. Services ask a clock, never Date: the real one in production, a virtual one in tests, demos and
 * simulations, which run ninety days in seconds.
 */
export interface Clock {
  now(): Date;
  /** Set on virtual clocks only: sleepers register here, since their time does not pass by itself. */
  onAdvance?(wake: () => void): () => void;
}

export const realClock: Clock = { now: () => new Date() };

export class VirtualClock implements Clock {
  #now: Date;
  readonly #sleepers = new Set<() => void>();

  constructor(start: string) {
    this.#now = new Date(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  onAdvance(wake: () => void): () => void {
    this.#sleepers.add(wake);
    return () => this.#sleepers.delete(wake);
  }

  /** Moves time forward; what became due is worked off by the sleepers this wakes. */
  advance(ms: number): void {
    this.#now = new Date(this.#now.getTime() + ms);
    for (const wake of this.#sleepers) wake();
  }
}
