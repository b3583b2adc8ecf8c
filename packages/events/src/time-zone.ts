let listed: Set<string> | undefined;

/**
 * Whether this is an IANA time zone: one that ICU lists, or an alias such as Asia/Kolkata. The list is asked first: before
 * its first formatter V8 opens every locale there is, 6 MB of a process that may never write a date.
 */
export function isTimeZone(name: string): boolean {
  listed ??= new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);
  if (listed.has(name)) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
