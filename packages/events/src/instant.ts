const seconds = Array.from({ length: 60 }, (_, n) => `${String(n).padStart(2, '0')}.`);
const milliseconds = Array.from({ length: 1_000 }, (_, n) => `${String(n).padStart(3, '0')}Z`);

let minute = Number.NaN;
let prefix = '';
let last = Number.NaN;
let text = '';

/**
 * `date.toISOString()`, for where there are many: V8 prints each with a format, which takes as long as all the rest of an
 * event's envelope, and most are of the same minute.
 */
export function isoOf(date: Date): string {
  const ms = date.getTime();
  if (ms === last) return text;
  const own = Math.floor(ms / 60_000);
  if (own !== minute) {
    prefix = new Date(own * 60_000).toISOString().slice(0, -'00.000Z'.length);
    minute = own;
  }
  const rest = ms - own * 60_000;
  text = prefix + seconds[Math.floor(rest / 1_000)] + milliseconds[rest % 1_000];
  last = ms;
  return text;
}
