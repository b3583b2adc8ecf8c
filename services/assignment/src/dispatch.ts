/**
 * What is sent next to one target, and when what failed is tried again.
 *
 * Pages go first and alone; nothing is sent while one waits for the target to take it. Where more waits than may be sent
 * now, the messages of one person become one digest; pages and messages to customers never do, nor what may have arrived
 * already, because its id is what the receiver would know it by.
 */
export interface Waiting {
  deliveryId: string;
  class: DeliveryClass;
  personId: string | null;
  address: string;
  /** An attempt began and its end is not known. */
  sending: boolean;
}

export type DeliveryClass = 'page' | 'push' | 'digest' | 'customer';

/** At once; the lease is for as many. */
const batch = 8;

/** `due` in the order of urgency: pages, customers, the rest, each oldest first. */
export function plan<W extends Waiting>(due: readonly W[], tokens: number): { send: W[]; merge: W[][] } {
  const most = Math.min(batch, Math.floor(tokens));
  const pages = due.filter((one) => one.class === 'page');
  if (pages.length > 0) return { send: pages.slice(0, most), merge: [] };
  if (due.length > tokens) {
    const mergeable = due.filter((one) => one.class !== 'customer' && !one.sending);
    const groups = Map.groupBy(mergeable, (one) => JSON.stringify([one.personId, one.address]));
    const merge = [...groups.values()].filter((group) => group.length > 1);
    if (merge.length > 0) return { send: [], merge };
  }
  return { send: due.slice(0, most), merge: [] };
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Standard Webhooks: after the first attempt at once, nine more over about three days. */
const delays = [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];

/** How long to wait after so many attempts, up to a fifth more by `random` in 0..1; null: no more. */
export function delayAfter(attempts: number, random: number): number | null {
  const delay = delays[attempts - 1];
  return delay === undefined ? null : delay * (1 + random / 5);
}
