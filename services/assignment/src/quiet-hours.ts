/** Local wall times, `HH:MM`; `from` after `to` spans midnight. */
export interface QuietHours {
  from: string;
  to: string;
}

/** The end of the quiet hours `now` falls into, or null outside of them. `to` itself is no longer quiet. */
export function quietUntil(now: Date, hours: QuietHours | null, timeZone: string): Date | null {
  if (!hours) return null;
  const [from, to, local] = [minutesOf(hours.from), minutesOf(hours.to), minutesOf(wallTime(now, timeZone))];
  const isQuiet = from < to ? from <= local && local < to : from <= local || local < to;
  if (!isQuiet) return null;
  const minute = Math.floor(now.getTime() / 60_000);
  let end = minute + ((to - local + dayMinutes) % dayMinutes);
  // The clocks may change in between: what is left, or too much, at the supposed end is made up for.
  const off = to - minutesOf(wallTime(new Date(end * 60_000), timeZone));
  end += ((off + dayMinutes * 1.5) % dayMinutes) - dayMinutes / 2;
  return new Date(end * 60_000);
}

const dayMinutes = 1_440;

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return hours! * 60 + minutes!;
}

function wallTime(at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(
    at,
  );
}
