import type { Event } from '@heard/events/event';
import type { VersionedPolicy } from '@heard/service/policies';
import { isLoad } from './case-state.ts';
import { isAvailable } from './people.ts';
import { route, type Wanted } from './routing.ts';
import type { CaseFile, Desk } from './store.ts';

/** What routing must know about a case. */
export function wanted(file: CaseFile): Wanted {
  return { priority: file.priority, csmId: file.csmId, needs: file.needs, passedBy: file.work.passedBy };
}

/** Gives a case to whoever the ladder names, or leaves it in the queue. */
export function assign(desk: Desk, file: CaseFile, policy: VersionedPolicy, cause: Event | object): void {
  const found = route(wanted(file), desk.people, policy, desk.now);
  if (found) desk.apply(file, { do: 'assign', reason: 'routed', ...found }, cause);
  else if (file.owner === null && file.version === 1)
    desk.apply(file, { do: 'queue', roles: policy.routing[file.priority], team: teamOf(file, desk) }, cause);
}

/** Whose queue a case waits in: that of the team its customer's own manager is in, or everybody's. */
function teamOf({ csmId }: CaseFile, { people }: Desk): string | undefined {
  return people.find((one) => one.personId === csmId)?.team ?? undefined;
}

/** A case that came back before anybody spoke with the customer, while its owner is away, goes to who is there. */
export function rehome(desk: Desk, file: CaseFile, policy: VersionedPolicy, cause: Event | object): void {
  const owner = desk.people.find((one) => one.personId === file.owner);
  if (!isLoad(file) || file.contacted || (owner && isAvailable(owner, desk.now))) return;
  const found = route(wanted(file), desk.people, policy, desk.now);
  if (found) desk.apply(file, { do: 'assign', reason: 'routed', ...found }, cause);
}
