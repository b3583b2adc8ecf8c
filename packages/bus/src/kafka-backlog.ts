import type { Delivery } from './delivery.ts';
import { type Place, placeName } from './log.ts';

/** Messages of one partition, as they follow one another. */
export interface Stretch extends Place {
  /** Of the first of them, on Kafka. */
  offset: number;
  length: number;
  /** All of it is for others. */
  passing: boolean;
  /** Reads them. Whoever does so late keeps little: what is read takes ten times as much as what it is read from. */
  read(): Delivery[];
}

interface Entry extends Stretch {
  name: string;
  /** Reading goes on behind it, or, with false, begins at it again. */
  answer(goOn: boolean): void;
  answered: boolean;
}

/** What was read from Kafka and the database does not know yet. Nothing of a partition overtakes anything of it. */
export class Backlog {
  #line: Entry[] = [];
  /** Of each partition that has something in a transaction, where that begins. */
  readonly #atWork = new Map<string, number>();
  readonly #maxPassing: number;

  /** Reading goes on behind so many messages that are for others before they are taken. */
  constructor(maxPassing: number) {
    this.#maxPassing = maxPassing;
  }

  /** How many messages wait that are not for others alone. */
  get waiting(): number {
    return count(this.#line.filter(({ passing }) => !passing));
  }

  get passing(): number {
    return count(this.#line.filter(({ passing }) => passing));
  }

  /**
   * Puts it in line. Resolves when reading may go on: at once where it is for others, else when it is handled, or already
   * when it is taken if there is enough for another transaction. Resolves false when it was cleared, to be read again.
   */
  add(stretch: Stretch): Promise<boolean> {
    return new Promise((resolve) => {
      const entry: Entry = {
        ...stretch,
        name: placeName(stretch),
        answered: false,
        answer(goOn) {
          entry.answered = true;
          resolve(goOn);
        },
      };
      if (stretch.passing && this.passing < this.#maxPassing) entry.answer(true);
      this.#line.push(entry);
    });
  }

  /**
   * What one transaction can take, of partitions that no other has: up to `max` messages, or the first stretch whatever
   * its length, and what is for others besides. `done` or `putBack` must follow.
   */
  take(max: number): readonly Entry[] {
    // What everything else is judged by comes first: a backlog nothing can be done about must not be in its way.
    const isPolicy = ({ topic }: Entry) => Number(topic === 'heard.policy');
    const left = new Set(this.#atWork.keys());
    const taken = new Set<Entry>();
    let size = 0;
    for (const entry of this.#line.toSorted((a, b) => isPolicy(b) - isPolicy(a))) {
      if (left.has(entry.name)) continue;
      const more = entry.passing ? 0 : entry.length;
      if (size > 0 && size + more > max) {
        left.add(entry.name);
        continue;
      }
      size += more;
      taken.add(entry);
    }
    this.#line = this.#line.filter((entry) => !taken.has(entry));
    for (const { name, offset } of taken) if (!this.#atWork.has(name)) this.#atWork.set(name, offset);
    if (size + this.waiting >= max) for (const entry of taken) entry.answer(true);
    return [...taken];
  }

  done(taken: readonly Entry[]): void {
    for (const entry of taken) {
      this.#atWork.delete(entry.name);
      entry.answer(true);
    }
  }

  /** It could not be handled, and is the first in line again. */
  putBack(taken: readonly Entry[]): void {
    for (const { name } of taken) this.#atWork.delete(name);
    this.#line.unshift(...taken);
  }

  /** Forgets all that is not at work. Returns behind what reading had gone on: where it has to begin again. */
  clear(): (Place & { offset: number })[] {
    const again = new Map<string, Entry>();
    for (const entry of this.#line) {
      if (!entry.answered) entry.answer(false);
      else if (!again.has(entry.name)) again.set(entry.name, entry);
    }
    this.#line = [];
    return [...again.values()].map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  }

  /** The offset of the first message of a partition that the database does not know yet, if there is one. */
  firstOf(place: Place): number | undefined {
    const name = placeName(place);
    return this.#atWork.get(name) ?? this.#line.find((entry) => entry.name === name)?.offset;
  }
}

function count(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { length }) => sum + length, 0);
}
