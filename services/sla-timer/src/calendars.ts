import type { Database, Tx } from '@heard/bus/log';
import { compile } from '@heard/calendar/business-time';
import { alwaysOpen, Calendar, daysLeft } from '@heard/calendar/calendar';
import { sql } from 'kysely';
import type { CalendarInForce } from './terms.ts';

/** So many days before a calendar's data ends its operator is warned. */
const daysToPrepare = 60;

interface Known extends CalendarInForce {
  document: Calendar;
}

export const natural: CalendarInForce = { name: alwaysOpen.name, version: 0, time: compile(alwaysOpen) };

/**
 * Every version of every calendar, compiled. Versions are only ever added, so this process's copy is whole when it has
 * as many as there are.
 */
export class Calendars {
  readonly #versions = new Map<string, Known[]>();
  readonly #unknown = new Set<string>();
  readonly #warn: (fields: object, message: string) => void;
  #count = 0;
  #warnedOn = '';

  constructor(warn: (fields: object, message: string) => void) {
    this.#warn = warn;
  }

  /** Reads what was added. Called once in each transaction, before the questions below. */
  async read(tx: Tx | Database, now: Date): Promise<void> {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from calendars`.execute(tx);
    if (rows[0]!.n !== this.#count) await this.#readAll(tx);
    this.#warnOfEnds(now);
  }

  async #readAll(tx: Tx | Database): Promise<void> {
    const all = await sql<{ name: string; version: number; document: unknown }>`
      select name, version, document from calendars order by name, version`.execute(tx);
    for (const { name, version, document } of all.rows) {
      const versions = this.#versions.get(name) ?? [];
      if (versions.some((one) => one.version === version)) continue;
      const calendar = Calendar.parse(document);
      versions.push({ name, version, document: calendar, time: compile(calendar) });
      this.#versions.set(name, versions);
      this.#unknown.delete(name);
    }
    this.#count = all.rows.length;
  }

  /** The version in force. Where nobody has made such a calendar yet, work is not stopped: natural time, and a warning. */
  inForce(name: string): CalendarInForce {
    if (name === natural.name) return natural;
    const known = this.#versions.get(name)?.at(-1);
    if (!known && !this.#unknown.has(name)) {
      this.#unknown.add(name);
      this.#warn({ calendar: name }, 'there is no such calendar; its deadlines run in natural time');
    }
    return known ?? natural;
  }

  of(name: string, version: number): CalendarInForce {
    if (name === natural.name) return natural;
    const found = this.#versions.get(name)?.find((one) => one.version === version);
    if (!found) throw new Error(`version ${version} of the calendar ${name} is not there`);
    return found;
  }

  /** How far each calendar that says so is known; 0 for one that is asked for and not there. */
  daysLeft(now: Date): { name: string; days: number }[] {
    const missing = [...this.#unknown].map((name) => ({ name, days: 0 }));
    const known = [...this.#versions.values()].flatMap((versions) => {
      const { name, document } = versions.at(-1)!;
      const days = daysLeft(document, now);
      return days === undefined ? [] : [{ name, days }];
    });
    return [...known, ...missing];
  }

  /** Once a day, while there is time to enter the next year. */
  #warnOfEnds(now: Date): void {
    const today = now.toISOString().slice(0, 10);
    if (today === this.#warnedOn) return;
    this.#warnedOn = today;
    for (const { name, days } of this.daysLeft(now)) {
      if (days < daysToPrepare)
        this.#warn({ calendar: name, days }, 'the holidays of a calendar are known for few days more');
    }
    this.#unknown.clear(); // whoever still asks for one is warned again
  }
}
