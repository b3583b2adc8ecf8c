import type { Tx } from '@heard/bus/log';
import { sql } from 'kysely';
import { type Finding, look } from './finding.ts';

export async function clocksAreRight(tx: Tx): Promise<Finding[]> {
  return [
    await look(
      tx,
      '4',
      'an open case has one live clock per kind; none fired early or twice; none ended still has a timer',
      {
        checked: sql`select count(*) from sla_timer.clocks`,
        broken: sql`
        select c.case_id::text as id, 'has ' || count(k.*) || ' live resolution clocks while it is ' || c.state as why
          from assignment.cases c
          left join sla_timer.clocks k on k.case_id = c.case_id and k.kind = 'resolution' and k.state in ('running', 'paused', 'breached')
         where c.state in ('new', 'assigned', 'contacting', 'in-recovery')
           and not exists (select 1 from in_flight p where p.customer_id = c.customer_id)
           and not exists (select 1 from buried b where b.customer_id = c.customer_id)
         group by c.case_id, c.state having count(k.*) <> 1
        union all
        select c.case_id::text, 'waits for its first contact and has ' || count(k.*) || ' clocks for it' from assignment.cases c
          left join sla_timer.clocks k on k.case_id = c.case_id and k.kind = 'first-contact' and k.state in ('running', 'paused', 'breached')
         where c.state in ('new', 'assigned', 'contacting') and c.contacted_at is null
           and not exists (select 1 from in_flight p where p.customer_id = c.customer_id)
           and not exists (select 1 from buried b where b.customer_id = c.customer_id)
         group by c.case_id having count(k.*) <> 1
        union all
        select min(clock_id::text), 'has ' || count(*) || ' live clocks for ' || kind || ' ' || about from sla_timer.clocks
         where state in ('running', 'paused', 'breached') group by case_id, kind, about having count(*) > 1
        union all
        select clock_id::text, 'fired before it was due' from sla_timer.clocks where breached_at < due_at
        union all
        select l.data::json ->> 'clockId', 'breached ' || count(*) || ' times' from bus.log l
         where l.topic = 'heard.sla-timer' and l.attributes::json ->> 'type' = 'clock.breached'
         group by 1 having count(*) > 1
        union all
        select l.data::json ->> 'clockId', 'went up the same step twice' from bus.log l
         where l.topic = 'heard.sla-timer' and l.attributes::json ->> 'type' = 'escalation.stepped'
         group by 1, l.data::json ->> 'step', l.data::json ->> 'round' having count(*) > 1
        union all
        select k.clock_id::text, 'is ' || k.state || case when t.key is null then ' without a timer' else ' and still has a timer' end
          from sla_timer.clocks k left join sla_timer.timers t on t.kind = 'clock' and t.key = k.clock_id::text
         where (k.state = 'running' and t.key is null) or (k.state not in ('running', 'breached') and t.key is not null)`,
      },
    ),
    checkPauses(await pausedClocks(tx), await countClocks(tx)),
  ];
}

export async function clocksAreTheirFold(tx: Tx, title: string): Promise<Finding> {
  return look(tx, '8', title, {
    checked: sql`select count(*) from sla_timer.clocks`,
    broken: sql`
        with events as (${clockEvents}),
        rebuilt as (
          select id, (array_agg(data ->> 'dueAt' order by seq desc) filter (where data ->> 'dueAt' is not null))[1]::timestamptz as due_at,
                 case when bool_or(type = 'clock.cancelled') then 'cancelled'
                      when bool_or(type = 'clock.met' and (data ->> 'inTime')::boolean) then 'met'
                      when bool_or(type = 'clock.met') then 'missed'
                      when (array_agg(type order by seq desc) filter (where type in ('clock.paused', 'clock.resumed')))[1] = 'clock.paused' then 'paused'
                      when bool_or(type = 'clock.breached') then 'breached' else 'running' end as state
            from events group by id)
        select coalesce(r.id, k.clock_id::text) as id, 'events say ' || coalesce(r.state, 'nothing') || ', the table ' || coalesce(k.state, 'nothing') as why
          from rebuilt r full join sla_timer.clocks k on k.clock_id = r.id::uuid
         where r.state is distinct from k.state or r.due_at is distinct from k.due_at`,
  });
}

/** One row for each clock an event is about. */
const clockEvents = sql`
  select one.data ->> 'clockId' as id, l.seq, l.attributes::json ->> 'type' as type, (l.data::json ->> 'at')::timestamptz as at, one.data
    from bus.log l cross join lateral json_array_elements(
      coalesce(l.data::json -> 'clocks', json_build_array(l.data::json))) as one (data)
   where l.topic = 'heard.sla-timer'`;

interface ClockEvent {
  type: string;
  at: number;
  dueAt: number | null;
}
interface PausedClock {
  id: string;
  /** Natural time, and no night or ceiling to move the deadline: what a pause takes is what it adds. */
  plain: boolean;
  events: ClockEvent[];
}

async function pausedClocks(tx: Tx): Promise<PausedClock[]> {
  const { rows } = await sql<PausedClock>`
    with events as (${clockEvents})
    select id, coalesce(bool_or(data ->> 'calendar' = '24x7'), false) and not bool_or(data ->> 'kind' in ('first-attempt', 'first-contact')) as plain,
           json_agg(json_build_object('type', type, 'at', extract(epoch from at) * 1000,
             'dueAt', extract(epoch from (data ->> 'dueAt')::timestamptz) * 1000) order by seq) as events
      from events where id in (select id from events where type = 'clock.paused') group by id`.execute(tx);
  return rows;
}

async function countClocks(tx: Tx): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from sla_timer.clocks`.execute(tx);
  return rows[0]!.n;
}

/** The rule of pauses a second time, by what was published: a pause is silent, and adds its own length to the deadline. */
export function checkPauses(paused: readonly PausedClock[], checked: number): Finding {
  const wrong = paused.flatMap(({ id, plain, events }) => {
    const why = problemOf(events, plain);
    return why ? [`${id} ${why}`] : [];
  });
  const title = 'paused time is never counted: nothing fires in it, and it moves the deadline by its length';
  return { invariant: '4', title, checked, broken: wrong.length, example: wrong[0] };
}

function problemOf(events: readonly ClockEvent[], plain: boolean): string | undefined {
  let due = 0;
  let stoodSince: number | null = null;
  let isLate = false;
  let comparable = plain;
  for (const { type, at, dueAt } of events) {
    if (type === 'clock.paused') {
      if (stoodSince !== null) return 'was paused twice';
      stoodSince = at;
    } else if (type === 'clock.resumed') {
      if (stoodSince === null) return 'went on and was not paused';
      const expected = isLate ? due : due + at - stoodSince;
      if (comparable && dueAt !== expected) return `went on ${dueAt! - expected} ms off`;
      stoodSince = null;
    } else if (/warned|breached|stepped/.test(type)) {
      if (stoodSince !== null) return `${type} while it was paused`;
      if (type === 'clock.breached' && at < due) return 'fired before it was due';
      isLate ||= type === 'clock.breached';
    } else if (/shortened|rescheduled/.test(type)) {
      comparable = false; // from here on its calendar may be another
    }
    due = dueAt ?? due;
  }
  return undefined;
}
