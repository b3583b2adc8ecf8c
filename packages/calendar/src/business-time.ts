import { Temporal } from 'temporal-polyfill';
import { type Calendar, minutesOf, weekdays } from './calendar.ts';

/** From `from` up to, and without, `to`. */
export interface Span {
  from: Date;
  to: Date;
}

/**
 * A calendar made fast. Open at an instant means: a clock on the wall there shows a time inside an interval of that
 * day. So a night whose clock is put back counts the repeated hour twice, one whose clock is put forward has an hour
 * less, and all durations are real milliseconds.
 */
export interface BusinessTime {
  isOpen(at: Date): boolean;
  /** Open milliseconds in [from, to); 0 where `to` is not later. */
  elapsed(from: Date, to: Date): number;
  /**
   * The earliest instant by which `ms` open milliseconds have passed; `from` itself for 0. It may be a closing time,
   * never the opening time after it. Throws where ten years hold no open time.
   */
  advance(from: Date, ms: number): Date;
  /** `at` where that is open, else the next opening time. Throws as `advance` does. */
  nextOpen(at: Date): Date;
  /** The open parts of [from, to), in order, none touching another. */
  openIntervals(from: Date, to: Date): Span[];
}

const day = 86_400_000;
/** Open intervals are worked out for this long at once, when first asked for. */
const year = 366 * day;
const yearsWithoutWork = 10;

interface OpenYear {
  starts: number[];
  ends: number[];
  /** Open milliseconds of the year before the interval of the same index. */
  before: number[];
  total: number;
}

/**
 * Makes a checked calendar fast. The first question about a year costs a few milliseconds and the next ones less than a
 * microsecond: keep the result as long as the calendar stays as it is.
 */
export function compile(calendar: Calendar): BusinessTime {
  const wallIntervals = intervalsByLocalDay(calendar);
  const years = new Map<number, OpenYear>();

  function openYear(index: number): OpenYear {
    let found = years.get(index);
    if (!found) {
      found = workOut(index * year, (index + 1) * year);
      years.set(index, found);
    }
    return found;
  }

  function workOut(from: number, to: number): OpenYear {
    const result: OpenYear = { starts: [], ends: [], before: [], total: 0 };
    for (const { start, end, offset } of offsets(calendar.timeZone, from, to)) {
      for (let localDay = Math.floor((start + offset) / day); localDay * day < end + offset; localDay++) {
        for (const wall of wallIntervals(localDay)) {
          const opens = Math.max(start, localDay * day + wall.from - offset);
          const closes = Math.min(end, localDay * day + wall.to - offset);
          if (opens < closes) append(result, opens, closes);
        }
      }
    }
    return result;
  }

  /** Open milliseconds of its year before the instant. */
  function openBefore(at: number): number {
    const { starts, ends, before } = openYear(Math.floor(at / year));
    const i = lastAtMost(starts, at);
    return i < 0 ? 0 : before[i]! + Math.min(at, ends[i]!) - starts[i]!;
  }

  function elapsed(from: number, to: number): number {
    if (to <= from) return 0;
    let sum = openBefore(to) - openBefore(from);
    const last = Math.floor(to / year);
    for (let index = Math.floor(from / year); index < last; index++) sum += openYear(index).total;
    return sum;
  }

  function advance(from: number, ms: number): number {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`${ms} is no number of milliseconds to advance by`);
    if (ms === 0) return from;
    let index = Math.floor(from / year);
    let wanted = openBefore(from) + ms;
    for (let idle = 0; idle <= yearsWithoutWork; index++) {
      const { starts, before, total } = openYear(index);
      if (wanted <= total) {
        const i = lastBelow(before, wanted);
        return starts[i]! + wanted - before[i]!;
      }
      wanted -= total;
      idle = total > 0 ? 0 : idle + 1;
    }
    throw new Error(
      `calendar "${calendar.name}" is not open for ${yearsWithoutWork} years after ${new Date(from).toISOString()}`,
    );
  }

  function openIntervals(from: number, to: number): Span[] {
    const spans: Span[] = [];
    for (let index = Math.floor(from / year); index * year < to; index++) {
      const { starts, ends } = openYear(index);
      for (let i = Math.max(0, lastAtMost(starts, from)); i < starts.length && starts[i]! < to; i++) {
        const opens = Math.max(from, starts[i]!);
        const closes = Math.min(to, ends[i]!);
        if (opens >= closes) continue;
        const last = spans.at(-1);
        if (last?.to.getTime() === opens) last.to = new Date(closes);
        else spans.push({ from: new Date(opens), to: new Date(closes) });
      }
    }
    return spans;
  }

  return {
    isOpen: (at) => elapsed(instant(at), instant(at) + 1) === 1,
    elapsed: (from, to) => elapsed(instant(from), instant(to)),
    advance: (from, ms) => new Date(advance(instant(from), ms)),
    nextOpen: (at) => new Date(advance(instant(at), 1) - 1),
    openIntervals: (from, to) => openIntervals(instant(from), instant(to)),
  };
}

function instant(date: Date): number {
  const at = date.getTime();
  if (Number.isNaN(at)) throw new RangeError('business time was asked about an invalid date');
  return at;
}

/** Open parts of a local day, as milliseconds after its midnight on the wall; days are counted from 1970-01-01. */
function intervalsByLocalDay(calendar: Calendar): (localDay: number) => { from: number; to: number }[] {
  const parse = (intervals: { from: string; to: string }[]) =>
    intervals.map(({ from, to }) => ({ from: minutesOf(from) * 60_000, to: minutesOf(to) * 60_000 }));
  const week = weekdays.map((name) => parse(calendar.week[name]));
  const exceptions = new Map(calendar.exceptions.map((one) => [Date.parse(one.date) / day, parse(one.intervals)]));
  // 1970-01-01 was a Thursday, the fourth of the week.
  return (localDay) => exceptions.get(localDay) ?? week[(((localDay + 3) % 7) + 7) % 7]!;
}

/** The parts of [from, to) between which the clock of the zone is put forward or back; local time = UTC + offset. */
function offsets(timeZone: string, from: number, to: number): { start: number; end: number; offset: number }[] {
  const parts = [];
  let local = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(timeZone);
  for (let start = from; start < to; ) {
    const next = local.getTimeZoneTransition('next');
    const end = Math.min(to, next?.epochMilliseconds ?? to);
    parts.push({ start, end, offset: local.offsetNanoseconds / 1e6 });
    start = end;
    if (next) local = next;
  }
  return parts;
}

function append(open: OpenYear, opens: number, closes: number): void {
  const last = open.ends.length - 1;
  if (open.ends[last] === opens) {
    open.ends[last] = closes;
  } else {
    open.starts.push(opens);
    open.ends.push(closes);
    open.before.push(open.total);
  }
  open.total += closes - opens;
}

/** Index of the last of rising numbers that is not above `value`; -1 where all are. */
function lastAtMost(rising: number[], value: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The same, but strictly below. All values are whole milliseconds. */
function lastBelow(rising: number[], value: number): number {
  return lastAtMost(rising, value - 1);
}
