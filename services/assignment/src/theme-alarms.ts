import type { Tx } from '@heard/bus/log';
import type { Event } from '@heard/events/event';
import type { Role } from '@heard/events/vocabulary';
import { sql } from 'kysely';
import type { Deliveries } from './deliveries.ts';

const told: Role[] = ['supervisor', 'director'];

/** Whoever answers for all cases hears of a theme that bursts out or is new, where they have given an address. */
export async function tellOfAlarms(tx: Tx, deliveries: Deliveries, events: readonly Event<'theme.alarmed'>[]) {
  if (events.length === 0) return;
  const { rows } = await sql<{ personId: string }>`
    select person_id as "personId" from people where roles && ${told}::text[] order by person_id`.execute(tx);
  const people = rows.map(({ personId }) => personId);
  const notices = events.map(({ id, data: { themeId, kind, day, names, words, observed, expected } }) => {
    const unnamed = (separator: string) => words?.slice(0, 3).join(separator) || themeId;
    const name = { 'zh-CN': names?.zh ?? unnamed('、'), en: names?.en ?? unnamed(', ') };
    const said = { code: 'theme-alarm', parameters: { kind, name, day, observed, expected } } as const;
    return { name: ['theme-alarm', id], class: 'push' as const, people, ...said };
  });
  await deliveries.queue(tx, notices);
}
