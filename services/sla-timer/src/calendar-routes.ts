import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { Calendar, weekdays } from '@heard/calendar/calendar';
import { importHolidays, makeUpDay } from '@heard/calendar/ical';
import { CustomerId } from '@heard/events/vocabulary';
import { insightRoles } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { natural } from './calendars.ts';
import { recomputeAll, recomputeCustomer } from './recompute.ts';

const Name = z.string().min(1).max(60);
const named = z.object({ name: Name });
const Body = Calendar.omit({ name: true });
const Saved = z.object({ name: z.string(), version: z.int() });
const Day = z.iso.date('must be a date such as 2026-10-01');

export function registerCalendarRoutes(service: Service): void {
  const { http, database, clock } = service;
  const operators = { access: { roles: ['admin', 'supervisor'] as const } };
  const readers = { access: { roles: [...insightRoles, 'system'] as const } };

  http.get(
    '/v1/calendars',
    {
      config: readers,
      schema: {
        summary: 'The calendars in force, besides 24x7',
        response: { 200: z.object({ items: z.array(Saved) }) },
      },
    },
    async () => {
      const { rows } = await sql<z.infer<typeof Saved>>`
        select name, max(version) as version from calendars group by name order by name`.execute(database);
      return { items: rows };
    },
  );

  http.get(
    '/v1/calendars/:name',
    {
      config: readers,
      schema: {
        summary: 'A calendar in force',
        params: named,
        response: { 200: z.object({ version: z.int(), document: Calendar }), 404: Problem },
      },
    },
    async ({ params }) => find(database as unknown as Tx, params.name),
  );

  http.put(
    '/v1/calendars/:name',
    {
      config: operators,
      schema: {
        summary: 'Make a calendar, or a new version of it; live clocks follow',
        params: named,
        body: Body,
        response: { 200: Saved, 409: Problem },
      },
    },
    async (request) =>
      service.commit(request, async (tx) => {
        const saved = await add(tx, { ...request.body, name: request.params.name });
        return { result: saved, events: [], version: saved.version };
      }),
  );

  http.register(async (scope) => {
    scope.addContentTypeParser('text/calendar', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.post<{ Params: z.infer<typeof named>; Querystring: z.infer<typeof Importing>; Body: string }>(
      '/v1/calendars/:name/import',
      {
        config: operators,
        schema: {
          summary: 'Take the all-day events of an iCalendar file over as holidays',
          consumes: ['text/calendar'],
          params: named,
          querystring: Importing,
          response: { 200: Saved.extend({ days: z.int(), ignored: z.array(z.string()) }), 404: Problem, 409: Problem },
        },
      },
      async (request) =>
        service.commit(request, async (tx) => {
          const { params, query, body } = request;
          const { document } = await find(tx, params.name);
          const { exceptions, ignored } = holidaysOf(body, query, document);
          const dates = new Set(exceptions.map((one) => one.date));
          const kept = document.exceptions.filter((one) => !dates.has(one.date));
          const all = [...kept, ...exceptions].sort((a, b) => (a.date < b.date ? -1 : 1));
          const { knownUntil } = document;
          const known = knownUntil && knownUntil > query.until ? knownUntil : query.until;
          const saved = await add(tx, { ...document, exceptions: all, knownUntil: known });
          return { result: { ...saved, days: exceptions.length, ignored }, events: [], version: saved.version };
        }),
    );
  });

  http.put(
    '/v1/customers/:customerId/calendar',
    {
      config: operators,
      schema: {
        summary: "A customer's own calendar, before the one of the policy; null: none",
        params: z.object({ customerId: CustomerId }),
        body: z.strictObject({ calendar: Name.nullable() }),
        response: { 200: z.object({ calendar: z.string().nullable() }), 404: Problem },
      },
    },
    async (request) =>
      service.commit(request, async (tx) => {
        const { customerId } = request.params;
        const { calendar } = request.body;
        if (calendar === null) await sql`delete from customer_calendars where customer_id = ${customerId}`.execute(tx);
        else {
          if (calendar !== natural.name) await find(tx, calendar);
          await sql`
            insert into customer_calendars (customer_id, calendar) values (${customerId}, ${calendar})
            on conflict (customer_id) do update set calendar = excluded.calendar`.execute(tx);
        }
        await service.setTimers(tx, [recomputeCustomer(customerId, clock.now())]);
        return { result: { calendar }, events: [] };
      }),
  );

  async function add(tx: Tx, document: Calendar): Promise<z.infer<typeof Saved>> {
    const { name } = document;
    if (name === natural.name) throw new Rejection('calendar-is-fixed', `${natural.name} is always natural time`);
    if (weekdays.every((day) => document.week[day].length === 0))
      throw new Rejection('calendar-never-opens', 'a week without any working time would let no clock run');
    await sql`select pg_advisory_xact_lock(hashtext('heard.calendars'))`.execute(tx);
    const { rows } = await sql<{ version: number }>`
      insert into calendars (name, version, document, changed_at)
      select ${name}, coalesce(max(version), 0) + 1, ${JSON.stringify(document)}::jsonb, ${clock.now().toISOString()}
        from calendars where name = ${name} returning version`.execute(tx);
    await service.setTimers(tx, [recomputeAll('calendar', clock.now())]);
    return { name, version: rows[0]!.version };
  }
}

const Importing = z
  .object({
    from: Day,
    until: Day,
    makeUp: z
      .stringbool()
      .default(true)
      .meta({ description: 'Days called 班 or workday are worked like a Monday; false: they are closed too.' }),
  })
  .refine(({ from, until }) => from <= until, 'until must not be before from')
  .refine(
    ({ from, until }) => Date.parse(until) - Date.parse(from) < 5 * 366 * 86_400_000,
    'must be five years at most',
  );

function holidaysOf(text: string, { from, until, makeUp }: z.output<typeof Importing>, { week }: Calendar) {
  try {
    return importHolidays({
      ...{ text, from, until },
      ...(makeUp && { makeUp: { summary: makeUpDay, intervals: week.mon } }),
    });
  } catch (cause) {
    throw new Rejection('not-a-calendar-file', cause instanceof Error ? cause.message : String(cause));
  }
}

async function find(tx: Tx, name: string): Promise<{ version: number; document: Calendar }> {
  const { rows } = await sql<{ version: number; document: Calendar }>`
    select version, document from calendars where name = ${name} order by version desc limit 1`.execute(tx);
  if (!rows[0]) throw new NotFound(`there is no calendar ${name}`);
  return rows[0];
}
