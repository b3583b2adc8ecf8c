import { randomUUID } from 'node:crypto';
import type { Tx } from '@heard/bus/log';
import { newEvent } from '@heard/events/event';
import type { Service } from '@heard/service/service';
import type { Timer } from '@heard/service/timers';
import { countedThemes } from '@heard/themes/frame';
import { sql } from 'kysely';
import { defaultFilter } from '../corpus/corpus-filter.ts';
import { servingDocument } from '../themes/served-frame.ts';
import { countDays } from './alarm-counts.ts';
import { findBursts } from './alarms.ts';

/** An hour after the day has ended, so that what was said late has its themes. */
const at = '01:00';
/** After a longer stop only the last days are looked at. */
const mostDays = 7;
const day = 86_400_000;

interface Alarm {
  kind: 'burst' | 'new';
  themeId: string;
  tier: 'frame' | 'discovery';
  version: number;
  channel: string | null;
  names?: { zh: string; en: string };
  words?: string[];
  observed: number;
  expected: number;
  p: number | null;
  level: number | null;
}

/** Sets when to look at a day next, unless that is set to be sooner. */
export async function setAlarmTimer(service: Service, tx: Tx, after = service.clock.now()): Promise<void> {
  const { timeZone } = (await service.policies.current(tx)).sla;
  const { rows } = await sql<{ due: Date }>`
    select min(due) as due from (select ((${after.toISOString()}::timestamptz at time zone ${timeZone})::date + n + ${at}::time)
      at time zone ${timeZone} as due from generate_series(0, 1) as n) next where due > ${after.toISOString()}::timestamptz`.execute(
    tx,
  );
  await service.setTimers(tx, [{ kind: 'alarms', key: 'daily', dueAt: rows[0]!.due }], 'if-earlier');
}

/** Looks at the company's day that had ended when the timer was due, tells of what stands out, and looks again a day later. */
export async function raiseAlarms(service: Service, tx: Tx, timers: Timer[]): Promise<void> {
  const { bus, clock } = service;
  const now = clock.now();
  const oldest = new Date(now.getTime() - mostDays * day);
  for (const { dueAt } of timers) {
    const from = dueAt < oldest ? oldest : dueAt;
    const alarms = await lookAt(service, tx, from);
    const events = alarms.map(({ dated, alarm }) => {
      const { p: _, level: __, ...fact } = alarm;
      const data = { ...fact, at: now.toISOString(), day: dated };
      return newEvent('theme.alarmed', alarm.themeId, data, now);
    });
    await bus.publish(tx, events);
    await setAlarmTimer(service, tx, from);
  }
}

async function lookAt(service: Service, tx: Tx, due: Date): Promise<{ dated: string; alarm: Alarm }[]> {
  const policy = await service.policies.current(tx);
  const { timeZone } = policy.sla;
  const { rows } = await sql<{ dated: string }>`
    select to_char((${due.toISOString()}::timestamptz at time zone ${timeZone})::date - 1, 'YYYY-MM-DD') as dated`.execute(
    tx,
  );
  const { dated } = rows[0]!;
  const { window, minComments } = policy.rca.alarms;
  const frame = await servingDocument(tx);
  const alarms = await newThemes(tx, minComments);
  if (frame) {
    const themes = new Map(countedThemes(frame.document).map((theme) => [theme.id, theme]));
    const past = Math.round(window / day);
    const scopes = await countDays(tx, frame.version, [...themes.keys()], defaultFilter(policy.rca), {
      day: dated,
      past,
      timeZone,
    });
    for (const burst of findBursts(scopes, policy.rca.alarms)) {
      if (await goesOn(tx, burst, dated)) continue;
      const { zh, en } = themes.get(burst.themeId)!;
      alarms.push({ kind: 'burst', tier: 'frame', version: frame.version, names: { zh, en }, ...burst });
    }
  }
  for (const alarm of alarms) {
    const { kind, themeId, tier, version, channel, observed, expected, p, level } = alarm;
    await sql`insert into alarms (alarm_id, kind, theme_id, tier, version, channel, day, last_day, observed, expected, p, level, raised_at)
      values (${randomUUID()}, ${kind}, ${themeId}, ${tier}, ${version}, ${channel}, ${dated}, ${dated}, ${observed}, ${expected}, ${p},
        ${level}, ${service.clock.now().toISOString()})`.execute(tx);
  }
  return alarms.map((alarm) => ({ dated, alarm }));
}

/** One that began the day before is told of once, and one of the same day was told of already. */
async function goesOn(tx: Tx, { themeId, channel }: { themeId: string; channel: string | null }, dated: string) {
  const { numAffectedRows } = await sql`
    update alarms set last_day = greatest(last_day, ${dated}::date)
     where kind = 'burst' and theme_id = ${themeId} and channel is not distinct from ${channel}
       and last_day between ${dated}::date - 1 and ${dated}::date`.execute(tx);
  return numAffectedRows! > 0n;
}

/** Themes of the discovery that serves which came out of none before it, once they are large enough. In the first one all are new. */
async function newThemes(tx: Tx, minComments: number): Promise<Alarm[]> {
  const { rows } = await sql<{ themeId: string; version: number; comments: number; words: string[] }>`
    select t.theme_id as "themeId", t.number as version, t.comments, t.words from discovered_themes t join discoveries d using (number)
     where d.state = 'serving' and t.comments >= ${minComments} and t.taken_as is null
       and not exists (select from alarms a where a.kind = 'new' and a.theme_id = t.theme_id)
       and exists (select from discoveries f where f.number > (select min(number) from discovered_themes)
         and f.lineage @> jsonb_build_array(jsonb_build_object('kind', 'new', 'into', jsonb_build_array(t.theme_id))))
     order by t.comments desc, t.theme_id`.execute(tx);
  return rows.map(({ themeId, version, comments, words }) => ({
    ...{ kind: 'new', tier: 'discovery', themeId, version, channel: null, words },
    ...{ observed: comments, expected: 0, p: null, level: null },
  }));
}
