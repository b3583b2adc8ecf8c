import { insightRoles } from '@heard/service/access';
import { NotFound } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { writeDown } from './registering.ts';
import { Draft, readRegistrations, stored } from './registrations.ts';
import { concludeNow } from './validation-conclusion.ts';
import { countPending, outlooks } from './validation-counts.ts';
import { readValidations } from './validation-list.ts';
import { Language, Running, Validation } from './validation-shapes.ts';
import { wordForecast } from './validation-wording.ts';

const Id = z.object({ validationId: z.uuid() });
const Lang = z.object({ lang: Language });

/** What is to be proven: written down beforehand, looked at, concluded. */
export function registerValidationRoutes(service: Service): void {
  const { http, database, clock, policies } = service;
  const shown = async (lang: 'zh' | 'en', db = database) => {
    return { lang, timeZone: (await policies.current(db)).sla.timeZone };
  };

  http.post(
    '/v1/validations',
    {
      config: { access: { roles: ['analyst', 'admin'] } },
      schema: {
        summary: 'Write down what would prove a fix, for one or several themes, before its window begins',
        description: 'The same registration again gives the one that is there.',
        querystring: Lang,
        body: Draft,
        response: { 201: z.object({ items: z.array(Validation) }) },
      },
    },
    async (request, reply) => {
      const registrationId = await service.commit(request, (tx) =>
        writeDown(service, tx, request.body, request.principal.personId),
      );
      const items = await readValidations(database, [registrationId], await shown(request.query.lang));
      return reply.status(201).send({ items });
    },
  );

  http.get(
    '/v1/validations',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'What was registered and what came of it, newest first',
        querystring: Lang.extend({
          initiativeId: z.uuid().optional(),
          state: z.enum(['open', 'concluded']).optional(),
          cursor: z
            .string()
            .regex(/^\d{1,18}$/)
            .optional(),
          limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Of registrations.' }),
        }),
        response: { 200: z.object({ items: z.array(Validation), next: z.string().nullable() }) },
      },
    },
    async ({ query }) => {
      const { initiativeId = null, state = null, cursor = null, limit, lang } = query;
      const { rows } = await sql<{ id: string; number: string }>`
        select registration_id as id, number::text from registrations r
         where (${initiativeId}::uuid is null or initiative_id = ${initiativeId})
           and (${cursor}::bigint is null or number < ${cursor}::bigint)
           and (${state}::text is null or (${state} = 'concluded') =
             exists (select from validations v join verdicts using (validation_id) where v.registration_id = r.registration_id))
         order by r.number desc limit ${limit}`.execute(database);
      const items = await readValidations(
        database,
        rows.map(({ id }) => id),
        await shown(lang),
      );
      return { items, next: rows.length === limit ? rows.at(-1)!.number : null };
    },
  );

  http.get(
    '/v1/validations/:validationId',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'One validation: when there will be enough data while it runs, then its verdict',
        params: Id,
        querystring: Lang,
        response: { 200: Running },
      },
    },
    async ({ params, query }) => {
      const reader = await shown(query.lang);
      const found = await read(params.validationId, reader);
      return { ...found, now: found.verdict === null ? await outlookNow(params.validationId, reader) : null };
    },
  );

  async function outlookNow(validationId: string, { lang, timeZone }: Awaited<ReturnType<typeof shown>>) {
    const [registered] = await readRegistrations(database, [validationId]);
    const theme = registered!.themes.find((one) => one.validationId === validationId)!;
    const [outlook] = await outlooks(database, { ...registered!, themes: [theme] }, clock.now());
    const { baseline, soFar, perWeek, forecast } = outlook!;
    const pending = await countPending(database, registered!);
    const numbers = forecast
      ? stored(forecast, perWeek)
      : { needed: null, perWeek, enoughOn: null, power: 0, smallestDetectableChange: null };
    return {
      ...numbers,
      baseline,
      soFar,
      pending,
      text: wordForecast(lang, timeZone, { ...numbers, after: theme.after }),
    };
  }

  async function read(validationId: string, reader: Awaited<ReturnType<typeof shown>>) {
    const items = await readValidations(database, [validationId], reader);
    const found = items.find((item) => item.validationId === validationId);
    if (!found) throw new NotFound(`There is no validation ${validationId}.`);
    return found;
  }

  http.post(
    '/v1/validations/:validationId/conclude',
    {
      config: { access: { roles: ['analyst', 'admin'] } },
      schema: {
        summary: 'Conclude what was registered together, once its window is over and all its comments are assigned',
        description: 'Happens by itself at the end of the window; what is concluded stays.',
        params: Id,
        querystring: Lang,
        response: { 200: z.object({ items: z.array(Validation) }) },
      },
    },
    async (request) => {
      const reader = await shown(request.query.lang);
      const { registrationId } = await read(request.params.validationId, reader);
      await service.commit(request, async (tx) => {
        return {
          result: undefined,
          events: await concludeNow(tx, registrationId, request.principal.personId, clock.now()),
        };
      });
      return { items: await readValidations(database, [registrationId], reader) };
    },
  );
}
