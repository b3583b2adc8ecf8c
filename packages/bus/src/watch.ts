import { type Place, placeName } from './log.ts';

/** Where one consumer stands in one partition. */
export interface Standing extends Place {
  /** Grows whenever the partition moves, whichever process moves it. */
  position: number;
  lag: number;
  /** Whether it is this process that should move it. */
  own: boolean;
}

/**
 * Notices a partition that has lag and does not move: stuck in a way nothing inside the process will mend, as when
 * kafkajs holds a partition, beats, and fetches nothing (#1456).
 */
export class Watch {
  readonly #stallMs: number;
  readonly #moved = new Map<string, { at: number; position: number }>();
  #lookedAt = 0;

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  /** The partitions this process moved itself. */
  progressed(places: readonly Place[], now: number): void {
    for (const place of places) {
      const last = this.#moved.get(placeName(place));
      if (last) last.at = now;
    }
  }

  /** The world could not be asked; what did not move meanwhile was not stuck. */
  forget(): void {
    this.#moved.clear();
  }

  /** The first stalled partition, told once per stall. */
  look(standings: readonly Standing[], now: number): { place: string; seconds: number; lag: number } | undefined {
    if (now - this.#lookedAt > this.#stallMs) this.forget(); // this process slept as well
    this.#lookedAt = now;
    for (const standing of standings) {
      const { position, lag, own } = standing;
      const place = placeName(standing);
      const last = this.#moved.get(place);
      if (!own || lag === 0 || last?.position !== position) this.#moved.set(place, { at: now, position });
      else if (now - last.at >= this.#stallMs) {
        this.forget();
        return { place, seconds: Math.round((now - last.at) / 1000), lag };
      }
    }
    return undefined;
  }
}
