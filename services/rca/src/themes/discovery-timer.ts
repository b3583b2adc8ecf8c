import type { Tx } from '@heard/bus/log';
import type { Service } from '@heard/service/service';
import { defaultFilter } from '../corpus/corpus-filter.ts';
import { requestDiscovery } from './discoveries.ts';

/** Sets when to look for new themes next, unless that is set to be sooner. */
export async function setDiscoveryTimer(service: Service, tx: Tx): Promise<void> {
  const { rca } = await service.policies.current(tx);
  const dueAt = new Date(service.clock.now().getTime() + rca.discovery.every);
  await service.setTimers(tx, [{ kind: 'discovery', key: 'next', dueAt }], 'if-earlier');
}

export async function discoverAgain(service: Service, tx: Tx): Promise<void> {
  const { rca } = await service.policies.current(tx);
  const wanted = { scope: 'unexplained' as const, filter: defaultFilter(rca), by: 'heard', at: service.clock.now() };
  await requestDiscovery(tx, wanted, rca);
  await setDiscoveryTimer(service, tx);
}
