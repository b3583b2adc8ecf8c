import { PersonId, Role, text } from '@heard/events/vocabulary';
import { addressProblem, TargetName, type Targets } from '@heard/notifications/targets';
import { NotFound, Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { drainTimer } from './consumers.ts';

const WallTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM');

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

const Person = z.strictObject({
  name: text(200).min(1),
  roles: z.array(Role).min(1),
  present: z.boolean().default(true),
  cap: z.int().min(0).nullable().default(null).meta({ description: 'Most open cases; null: no limit.' }),
  notify: z
    .array(z.strictObject({ target: TargetName, address: text(200) }))
    .max(10)
    .default([])
    .meta({ description: 'Where they are told, besides here. A target that is not configured is kept and not used.' }),
  language: z.enum(['zh-CN', 'en']).default('zh-CN'),
  timeZone: z.string().refine(isTimeZone, 'must be a time zone such as Asia/Shanghai').default('Asia/Shanghai'),
  quietHours: z
    .strictObject({ from: WallTime, to: WallTime })
    .refine(({ from, to }) => from !== to, 'must not end when it begins')
    .nullable()
    .default(null)
    .meta({ description: 'When only pages are sent, in their own time.' }),
});
const params = z.object({ personId: PersonId });

/** The people who own cases. Whoever is absent gets none; when somebody comes, the queue is looked at. */
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
      schema: {
        summary: 'Add or change a person',
        params,
        body: reachable,
        response: { 200: z.object({ personId: z.string() }) },
      },
    },
    async ({ params, body }) =>
      commit(async (tx) => {
        await sql`
          insert into people (person_id, name, roles, present, cap, notify, language, time_zone, quiet_hours)
          values (${params.personId}, ${body.name}, ${body.roles}::text[], ${body.present}, ${body.cap},
            ${JSON.stringify(body.notify)}::jsonb, ${body.language}, ${body.timeZone},
            ${body.quietHours && JSON.stringify(body.quietHours)}::jsonb)
          on conflict (person_id) do update set name = excluded.name, roles = excluded.roles, present = excluded.present,
            cap = excluded.cap, notify = excluded.notify, language = excluded.language, time_zone = excluded.time_zone,
            quiet_hours = excluded.quiet_hours`.execute(tx);
        await service.setTimers(tx, [drainTimer(clock.now())], 'if-earlier');
        return { result: { personId: params.personId }, events: [] };
      }),
  );

  http.post(
    '/v1/people/:personId/presence',
    {
      schema: {
        summary: 'Come or go',
        params,
        body: z.strictObject({ present: z.boolean() }),
        response: { 200: z.object({ personId: z.string(), present: z.boolean() }), 404: Problem },
      },
    },
    async ({ params, body }) =>
      commit(async (tx) => {
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
      schema: {
        summary: 'Everybody, with their open cases',
        response: {
          200: z.object({
            items: z.array(z.object({ ...Person.shape, personId: z.string(), openCases: z.int() })),
          }),
        },
      },
    },
    async () => {
      const { rows } = await sql<z.infer<typeof Person> & { personId: string; openCases: number }>`
        select person_id as "personId", name, roles, present, cap, open_cases as "openCases", notify, language,
               time_zone as "timeZone", quiet_hours as "quietHours"
          from people order by person_id`.execute(database);
      return { items: rows };
    },
  );
}
