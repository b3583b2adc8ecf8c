/** service -> counter -> how many */
export type Counters = Record<string, Record<string, number>>;

type Headers = Record<string, string>;

/** The services after ingest, in the order of their ports. */
const beside = ['triage', 'assignment', 'sla-timer', 'suppression-list', 'rca'];

/** Where each service answers: on the ports after ingest's, or wherever HEARD_URL_TRIAGE and its like say. */
export function summaryUrls(ingestUrl: string, environment: Record<string, string | undefined>): Map<string, string> {
  return new Map(
    beside.map((service, i) => {
      const url = new URL(ingestUrl);
      url.port = String(Number(url.port || 7401) + i + 1);
      const base = environment[`HEARD_URL_${service.toUpperCase().replaceAll('-', '_')}`] ?? url.origin;
      return [service, `${base.replace(/\/+$/, '')}/v1/summary`];
    }),
  );
}

/** What each service holds now; one that does not answer is absent. */
export async function look(urls: ReadonlyMap<string, string>, headers: Headers): Promise<Counters> {
  const looks = [...urls].map(async ([service, url]): Promise<Counters> => {
    try {
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) });
      return response.ok ? { [service]: flat((await response.json()) as Record<string, unknown>) } : {};
    } catch {
      return {};
    }
  });
  return Object.assign({}, ...(await Promise.all(looks)));
}

function flat(counters: Record<string, unknown>, prefix = ''): Record<string, number> {
  return Object.assign(
    {},
    ...Object.entries(counters).map(([name, value]) => {
      if (typeof value === 'number') return { [prefix + name]: value };
      return typeof value === 'object' && value !== null
        ? flat(value as Record<string, unknown>, `${prefix}${name}.`)
        : {};
    }),
  );
}

/**
 * Looks until the services have come to rest: two looks in a row are alike and triage holds `arrivals` more than
 * before. Where those arrivals never come (duplicates on Kafka, dead letters) six like looks must do.
 */
export async function settle(
  urls: ReadonlyMap<string, string>,
  headers: Headers,
  before: Counters,
  arrivals: number,
  timing = { everyMs: 1_000, boundMs: 120_000 },
): Promise<{ settled: boolean; after: Counters }> {
  const deadline = Date.now() + timing.boundMs;
  let after = await look(urls, headers);
  for (let alike = 1; ; ) {
    const arrived = (after.triage?.feedback ?? 0) - (before.triage?.feedback ?? 0) >= arrivals;
    if (alike >= (arrived ? 2 : 6)) return { settled: true, after };
    if (Date.now() > deadline) return { settled: false, after };
    await new Promise((resolve) => setTimeout(resolve, timing.everyMs));
    const next = await look(urls, headers);
    alike = JSON.stringify(next) === JSON.stringify(after) ? alike + 1 : 1;
    after = next;
  }
}

/** after - before, of the services that answered both times. */
export function difference(before: Counters, after: Counters): Counters {
  const known = Object.entries(after).filter(([service]) => before[service]);
  return Object.fromEntries(
    known.map(([service, counters]) => [
      service,
      Object.fromEntries(
        Object.entries(counters).map(([name, value]) => [name, value - (before[service]![name] ?? 0)]),
      ),
    ]),
  );
}
