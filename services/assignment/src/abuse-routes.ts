import { CustomerId, text } from '@heard/events/vocabulary';
import type { AccessRole } from '@heard/service/access';
import { Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { type RawBuilder, sql } from 'kysely';
import * as z from 'zod';
import type { Command } from './abuse.ts';
import { type Claims, claimsOf, clearVictims, isFlagged, moveFlag, propose } from './abuse-flags.ts';
import { instant } from './store.ts';

const access = (...roles: AccessRole[]) => ({ config: { access: { roles, record: 'customer' } } });
const leads: AccessRole[] = ['supervisor', 'director'];

const customer = z.object({ customerId: CustomerId });
const EvidenceBody = z.object({
  claims: z.int(),
  ratio: z.number().nullable(),
  excessive: z.number().nullable(),
  customers: z.int(),
});
const FlagBody = z.object({
  flagId: z.uuid(),
  customerId: z.string(),
  state: z.enum(['suspected', 'proposed', 'flagged', 'cleared']),
  evidence: EvidenceBody,
  claims: z.array(z.uuid()).meta({ description: 'The grants it rests on.' }),
  flaggedBy: z.string().nullable(),
  confirmedBy: z.string().nullable(),
  confirmedAt: z.string().nullable(),
  expiresAt: z.string().nullable(),
  appeals: z.array(z.object({ by: z.string(), at: z.string(), outcome: z.string(), reason: z.string() })),
  clearedReason: z.string().nullable(),
  clearedBy: z.string().nullable(),
  clearedAt: z.string().nullable(),
});
type FlagBody = z.infer<typeof FlagBody>;
const Share = z.object({
  flagged: z.int(),
  customers: z.int().meta({ description: 'Who ever had a case.' }),
  percent: z.number(),
  alarm: z.boolean().meta({ description: 'More are flagged than the policy thinks possible: look at the rule.' }),
});

const flagColumns = sql`flag_id as "flagId", customer_id as "customerId", state, evidence, claims, flagged_by as "flaggedBy",
  confirmed_by as "confirmedBy", ${instant('confirmed_at')} as "confirmedAt", ${instant('expires_at')} as "expiresAt", appeals,
  cleared_reason as "clearedReason", cleared_by as "clearedBy", ${instant('cleared_at')} as "clearedAt"`;

/** Flags of customers who abuse compensation, with the due process they are owed. */
export function registerAbuseRoutes(service: Service): void {
  const { clock, commit, database, http, log, policies } = service;

  http.get(
    '/v1/customers/:customerId/abuse',
    {
      ...access('support', 'senior-support', 'csm', 'crisis-team', ...leads),
      schema: {
        summary: 'Whether a customer is flagged, what they claimed, and every flag there was',
        params: customer,
        response: {
          200: z.object({ flagged: z.boolean(), evidence: EvidenceBody.nullable(), flags: z.array(FlagBody) }),
        },
      },
    },
    async ({ params: { customerId } }) =>
      database.transaction().execute(async (tx) => {
        const now = clock.now();
        const policy = await policies.current(tx);
        const evidence = policy.abuse ? await claimsOf(tx, customerId, now, policy, policy.abuse) : null;
        const flags = await read(sql`customer_id = ${customerId}`);
        return { flagged: await isFlagged(tx, customerId, now), evidence, flags };
      }),
  );

  http.post(
    '/v1/customers/:customerId/abuse-flags',
    {
      ...access('senior-support', 'csm', ...leads),
      schema: {
        summary: 'Flag a customer; in force when a second person has confirmed',
        params: customer,
        response: { 200: FlagBody, 409: Problem },
      },
    },
    async (request) => {
      const by = request.principal.personId;
      const flagId = await commit(request, async (tx) => {
        const policy = await policies.current(tx);
        const { flagId, events } = await propose(tx, request.params.customerId, by, clock.now(), policy);
        return { result: flagId, events };
      });
      return show(flagId);
    },
  );

  move('confirm', 'Confirm as the second person', z.strictObject({}).nullish(), (by, _body, claims) => ({
    do: 'confirm',
    by,
    evidence: claims,
  }));
  move('withdraw', 'Take back one’s own flag or confirmation', z.strictObject({}).nullish(), (by) => ({
    do: 'withdraw',
    by,
  }));
  move(
    'appeal',
    'Decide the customer’s appeal, as somebody not involved',
    z.strictObject({ outcome: z.enum(['clear', 'keep']), reason: text(500).min(1) }),
    (by, body) => ({ do: 'appeal', by, ...body }),
  );

  http.get(
    '/v1/abuse',
    {
      ...access(...leads),
      schema: { summary: 'The share of flagged customers, and whether it is alarming', response: { 200: Share } },
    },
    async () => share(),
  );

  http.put(
    '/v1/confirmed-defects/:theme',
    {
      ...access(...leads),
      schema: {
        summary: 'A root cause is proven to be ours: claims because of it are nobody’s abuse',
        params: z.object({ theme: text(200).min(1) }),
        response: { 200: z.object({ theme: z.string(), cleared: z.array(z.string()) }) },
      },
    },
    async (request) => {
      const by = request.principal.personId;
      const theme = request.params.theme.trim().toLowerCase();
      return commit(request, async (tx) => {
        const now = clock.now();
        await sql`insert into confirmed_defects (theme, confirmed_by, confirmed_at)
          values (lower(btrim(${theme})), ${by}, ${now.toISOString()}) on conflict do nothing`.execute(tx);
        const events = await clearVictims(tx, now, await policies.current(tx), 'all');
        return { result: { theme, cleared: events.map((event) => event.subject) }, events };
      });
    },
  );

  function move<Body extends z.ZodType>(
    name: string,
    summary: string,
    body: Body,
    build: (by: string, body: z.infer<Body>, claims: Claims) => Command,
  ) {
    http.post(
      `/v1/customers/:customerId/abuse-flags/:flagId/${name}`,
      {
        ...access(...leads),
        schema: {
          summary,
          params: customer.extend({ flagId: z.uuid() }),
          body,
          response: { 200: FlagBody, 404: Problem, 409: Problem },
        },
      },
      async (request) => {
        const by = request.principal.personId;
        const { customerId, flagId } = request.params;
        await commit(request, async (tx) => {
          const policy = await policies.current(tx);
          const events = await moveFlag(tx, customerId, flagId, clock.now(), policy, (claims) =>
            build(by, request.body as z.infer<Body>, claims),
          );
          for (const { type, data } of events) {
            if (type === 'customer.abuse-flagged') {
              await service.setTimers(tx, [{ kind: 'abuse-flag', key: flagId, dueAt: new Date(data.expiresAt) }]);
            }
          }
          return { result: undefined, events };
        });
        const { alarm, percent } = await share();
        if (name === 'confirm' && alarm) log.warn({ percent }, 'an alarming share of customers is flagged for abuse');
        return show(flagId);
      },
    );
  }

  async function read(where: RawBuilder<unknown>): Promise<FlagBody[]> {
    const { rows } = await sql<FlagBody>`
      select ${flagColumns} from abuse_flags where ${where} order by coalesce(suspected_at, flagged_at) desc`.execute(
      database,
    );
    return rows;
  }

  async function show(flagId: string): Promise<FlagBody> {
    return (await read(sql`flag_id = ${flagId}`))[0]!;
  }

  async function share(): Promise<z.infer<typeof Share>> {
    const { abuse } = await policies.current(database);
    const { rows } = await sql<{ flagged: number; customers: number }>`
      select (select count(*) from abuse_flags where state = 'flagged' and expires_at > ${clock.now().toISOString()})::int as flagged,
             (select count(distinct customer_id) from cases)::int as customers`.execute(database);
    const { flagged, customers } = rows[0]!;
    const percent = customers === 0 ? 0 : (100 * flagged) / customers;
    return { flagged, customers, percent, alarm: abuse !== undefined && percent > abuse.alarmAbovePercent };
  }
}
