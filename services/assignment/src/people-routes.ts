import { Calendar, TimeZone } from '@heard/calendar/calendar';
import { QuietHours } from '@heard/calendar/windows';
import { Instant, PersonId, Role, text } from '@heard/events/vocabulary';
import { addressProblem, TargetName, type Targets } from '@heard/notifications/targets';
import { caseRoles } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { drainTimer } from './timers.ts';

const Leave = z
  .strictObject({ from: Instant, until: Instant })
  .refine(({ from, until }) => Date.parse(from) < Date.parse(until), 'must end later than it begins');

const Person = z.strictObject({
  name: text(200).min(1),
  roles: z.array(Role).min(1),
  team: text(60).min(1).nullable().default(null),
  skills: z.array(text(60).min(1)).max(50).default([]).meta({ description: 'Such as zh, en, legal, safety.' }),
  present: z.boolean().default(true),
  cap: z.int().min(0).nullable().default(null).meta({ description: 'Most open cases; null: no limit.' }),
  shifts: Calendar.nullable().default(null).meta({ description: 'When they work; null: at any time.' }),
  leave: z.array(Leave).max(100).default([]),
  substitute: PersonId.nullable().default(null).meta({ description: 'Who stands in while they are away.' }),
  notify: z
    .array(z.strictObject({ target: TargetName, address: text(200) }))
    .max(10)
    .default([])
    .meta({ description: 'Where they are told, besides here. A target that is not configured is kept and not used.' }),
  language: z.enum(['zh-CN', 'en']).default('zh-CN'),
  timeZone: TimeZone.default('Asia/Shanghai'),
  quietHours: QuietHours.nullable().default(null).meta({ description: 'When only pages are sent, in their own time.' }),
});
const params = z.object({ personId: PersonId });
const staffing = { roles: ['supervisor', 'director', 'admin'] } as const;

/** The people who own cases. Whoever is away gets none; when somebody comes, the queue is looked at. */
export function registerPeopleRoutes(service: Service, targets: Targets): void {
  const reachable = Person.superRefine(({ notify }, context) => {
    notify.forEach(({ target, address }, i) => {
      const kind = targets[target]?.kind;
      const message = kind && addressProblem(kind, address);
      if (message) context.addIssue({ code: 'custom', path: ['notify', i, 'address'], message });
    });
  });
  const { clock, commit, database, http } = service;

  http.put(
    '/v1/people/:personId',
    {
      config: { access: staffing },
      schema: {
        summary: 'Add or change a person',
        params,
        body: reachable,
        response: { 200: z.object({ personId: z.string() }) },
      },
    },
    async (request) =>
      commit(request, async (tx) => {
        const { params, body } = request;
        const { name, roles, team, skills, present, cap, shifts, leave, substitute } = body;
        const { notify, language, timeZone, quietHours } = body;
        await sql`
          insert into people (person_id, name, roles, team, skills, present, cap, shifts, leave, substitute, notify, language,
            time_zone, quiet_hours)
          values (${params.personId}, ${name}, ${roles}::text[], ${team}, ${skills}::text[], ${present}, ${cap},
            ${shifts && JSON.stringify(shifts)}::jsonb, ${JSON.stringify(leave)}::jsonb, ${substitute},
            ${JSON.stringify(notify)}::jsonb, ${language}, ${timeZone}, ${quietHours && JSON.stringify(quietHours)}::jsonb)
          on conflict (person_id) do update set name = excluded.name, roles = excluded.roles, team = excluded.team,
            skills = excluded.skills, present = excluded.present, cap = excluded.cap, shifts = excluded.shifts,
            leave = excluded.leave, substitute = excluded.substitute, notify = excluded.notify, language = excluded.language,
            time_zone = excluded.time_zone, quiet_hours = excluded.quiet_hours`.execute(tx);
        await service.setTimers(tx, [drainTimer(clock.now())], 'if-earlier');
        return { result: { personId: params.personId }, events: [] };
      }),
  );

  http.post(
    '/v1/people/:personId/presence',
    {
      config: { access: staffing },
      schema: {
        summary: 'Come or go',
        params,
        body: z.strictObject({ present: z.boolean() }),
        response: { 200: z.object({ personId: z.string(), present: z.boolean() }), 404: Problem },
      },
    },
    async (request) =>
      commit(request, async (tx) => {
        const { params, body } = request;
        const { rows } = await sql`
          update people set present = ${body.present} where person_id = ${params.personId} returning person_id`.execute(
          tx,
        );
        if (rows.length === 0) throw new NotFound('There is no such person.');
        if (body.present) await service.setTimers(tx, [drainTimer(clock.now())], 'if-earlier');
        return { result: { personId: params.personId, present: body.present }, events: [] };
      }),
  );

  http.get(
    '/v1/people',
    {
      config: { access: { roles: [...caseRoles, 'admin'] } },
      schema: {
        summary: 'Everybody, with their open cases',
        response: {
          200: z.object({ items: z.array(Person.extend({ personId: z.string(), openCases: z.int() })) }),
        },
      },
    },
    async () => {
      const { rows } = await sql<z.infer<typeof Person> & { personId: string; openCases: number }>`
        select person_id as "personId", name, roles, team, skills, present, cap, shifts, leave, substitute, notify, language,
               time_zone as "timeZone", quiet_hours as "quietHours", open_cases as "openCases"
          from people order by person_id`.execute(database);
      return { items: rows };
    },
  );
}
