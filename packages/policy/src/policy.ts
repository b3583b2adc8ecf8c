import { readFileSync } from 'node:fs';
import { isTimeZone } from '@heard/events/time-zone';
import { AlertLevel, ClockKind, CompensationKind, MessageClass, Priority, Role } from '@heard/events/vocabulary';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import * as z from 'zod';
import { Conversation } from './conversation.ts';
import { Duration } from './duration.ts';
import { RootCauses } from './root-causes.ts';

const Ladder = z.array(Role).min(1);
const TermList = z.array(z.string().min(1)).min(1);
const Terms = z.record(
  z.string(),
  TermList.or(z.strictObject({ terms: TermList, except: TermList.optional(), negatable: z.boolean().optional() })),
);

const Band = z.strictObject({
  detractorMax: z.int(),
  passiveMax: z.int(),
  severeMax: z.int().meta({ description: 'The worst part of the detractors: 0–3 on the NPS scale.' }),
});

const RuleName = z
  .string()
  .min(1)
  .max(60)
  .regex(/^\P{Cc}+$/u, 'must be one line');

const Rule = z.strictObject({
  name: RuleName,
  priority: Priority,
  when: z
    .strictObject({ highValue: z.boolean(), severe: z.boolean(), redLine: z.boolean(), highRiskWord: z.boolean() })
    .partial()
    .meta({ description: 'All named conditions must hold; none named: always.' }),
});

const perPriority = <Type extends z.ZodType>(type: Type) => z.strictObject({ P0: type, P1: type, P2: type });
const LocalTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 21:00');
const LocalSpan = z.strictObject({ from: LocalTime, to: LocalTime });
const Weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

const Step = z
  .strictObject({
    at: z.int().min(1).max(99).or(z.literal('breach')).optional().meta({ description: 'Percent of the time used up.' }),
    after: Duration.optional().meta({ description: 'This long after the step before, unless somebody acknowledged.' }),
    tell: z.array(z.enum(['owner', ...Role.options])).min(1),
    level: AlertLevel,
    repeat: z.strictObject({ every: Duration, times: z.int().min(1).max(100) }).optional(),
    when: z
      .strictObject({ weekdays: z.array(Weekday).min(1), ...LocalSpan.shape })
      .partial()
      .optional()
      .meta({ description: "Only then, in the policy's time zone; else the step waits until it is." }),
  })
  .refine((step) => (step.at === undefined) !== (step.after === undefined), 'needs either at or after');

const Alert = z.strictObject({ level: AlertLevel, audiences: z.array(Role) });

const Minor = z.int().positive().meta({ description: 'In minor units of `currency`.' });

const Compensation = z
  .strictObject({
    currency: z.string().regex(/^[A-Z]{3}$/),
    serviceDay: Minor.meta({ description: 'What one free day of service counts for.' }),
    authority: z
      .array(
        z.strictObject({
          name: RuleName,
          roles: Ladder,
          priorities: z.array(Priority).min(1),
          kinds: z.array(CompensationKind).min(1),
          upTo: Minor.meta({
            description: 'The most one person may grant on one case unasked, in one grant or in many.',
          }),
        }),
      )
      .min(1),
    budgets: z
      .strictObject({ perCase: Minor, perCustomer90d: Minor, perAgentMonth: Minor })
      .meta({ description: 'All kinds but advance-refund count; beyond a budget somebody is asked.' }),
    monthIn: z
      .string()
      .refine(isTimeZone, 'is not a time zone')
      .meta({ description: 'The time zone in which an agent’s month begins.' }),
    approvers: z
      .array(z.strictObject({ upTo: Minor, role: Role, fallback: Ladder }))
      .min(1)
      .meta({ description: 'Who is asked: the first row that reaches the amount; its fallback when nobody answers.' }),
    approvalWithin: Duration,
    max: z
      .record(CompensationKind, Minor)
      .meta({ description: 'The most one case may ever get of a kind, whoever approves.' }),
  })
  .superRefine((compensation, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { approvers, authority, max } = compensation;
    for (const [i, rule] of authority.entries()) {
      const kind = rule.kinds.find((one) => rule.upTo > max[one]);
      if (kind) refuse(['authority', i, 'upTo'], `must not exceed max.${kind}`);
    }
    if (new Set(authority.map((rule) => rule.name)).size < authority.length) {
      refuse(['authority'], 'must name each rule differently');
    }
    if (approvers.some((one, i) => i > 0 && one.upTo <= approvers[i - 1]!.upTo)) {
      refuse(['approvers'], 'must rise');
    }
    if (approvers.at(-1)!.upTo < Math.max(...Object.values(max))) {
      refuse(['approvers'], 'must reach the greatest max, or nobody could be asked');
    }
    for (const [i, one] of approvers.entries()) {
      if (one.fallback.includes(one.role)) refuse(['approvers', i, 'fallback'], 'must name other roles');
    }
  });

const Abuse = z.strictObject({
  claims: z.int().min(2).meta({ description: 'So many claims within the window, and' }),
  window: Duration,
  percentile: z
    .number()
    .min(50)
    .max(99.9)
    .meta({ description: 'claims over lifetime value at or above this percentile of the customers who claimed.' }),
  minCustomers: z.int().min(1).meta({ description: 'Fewer such customers known: nobody is suspected.' }),
  expires: Duration,
  alarmAbovePercent: z.number().positive().max(100),
  blocks: z
    .array(CompensationKind)
    .min(1)
    .refine((kinds) => !kinds.includes('refund'), 'must not hold refund: what is owed is not an extra'),
});

/** Every number of the SOP. Read the preset seed-strict.yaml beside it: keys in the same order, with their reasons. */
export const Policy = z
  .strictObject({
    name: z.string().min(1).max(60),
    bands: z.strictObject({ nps: Band, csat: Band, ces: Band, rating: Band }),
    ltv: z.strictObject({
      currency: z.string().regex(/^[A-Z]{3}$/),
      rates: z
        .record(z.string(), z.number().positive())
        .meta({ description: 'Units of `currency` per unit of another.' }),
      high: z.discriminatedUnion('mode', [
        z.strictObject({
          mode: z.literal('percentile'),
          value: z.number().min(1).max(99),
          minCustomers: z.int().min(1),
          fallback: z.int().positive().meta({ description: 'Minor units, while fewer customers are known.' }),
          refresh: Duration,
        }),
        z.strictObject({ mode: z.literal('absolute'), amount: z.int().positive() }),
      ]),
    }),
    triage: z.strictObject({
      rules: z.array(Rule).min(1),
      scoreless: z.strictObject({
        redLine: Priority,
        highRiskWord: Priority,
        negative: Priority,
        highValueRaises: z.boolean(),
      }),
      redLineMinPriority: Priority.or(z.literal('none')),
      csatDecline: z.strictObject({ responses: z.int().min(2).max(20), priority: Priority }),
      regradeWindow: Duration,
      warnNpsBelowInclusive: z.boolean(),
    }),
    alerts: z.strictObject({
      P0: Alert,
      P1: Alert,
      P2: Alert,
      redLine: Alert,
      highRiskWord: Alert,
      p2Digest: z.strictObject({ every: Duration, maxPercentOfSla: z.number().positive().max(100) }),
    }),
    lexicons: z.strictObject({ redLine: Terms, highRisk: Terms }),
    routing: z.strictObject({ P0: Ladder, P1: Ladder, P2: Ladder }),
    takeBack: z.boolean().meta({ description: 'A case its owner does not acknowledge in time goes to another.' }),
    skills: z.strictObject({
      language: z.boolean().meta({ description: 'Who speaks the language of the comment comes first.' }),
      redLine: z.record(z.string(), z.string()).meta({ description: 'Red-line category to the skill it asks for.' }),
    }),
    handoff: z.strictObject({ max: z.int().min(0).meta({ description: 'Transfers after the first live contact.' }) }),
    sla: z.strictObject({
      timeZone: z
        .string()
        .refine(isTimeZone, 'is not a time zone')
        .meta({ description: 'Of the company, and of customers whose own is unknown.' }),
      calendar: perPriority(z.string()).meta({ description: 'Names of calendars; 24x7 is always there.' }),
      acknowledge: perPriority(Duration),
      firstAttempt: perPriority(Duration),
      firstContact: perPriority(Duration),
      hardCeiling: Duration,
      nextReply: perPriority(Duration),
      resolution: Duration,
      approval: perPriority(Duration),
      technical: perPriority(Duration),
      warnAtPercent: z.array(z.int().min(1).max(99)),
      pauses: z
        .strictObject({
          'waiting-for-customer': z.array(ClockKind),
          'customer-asked-later': z.array(ClockKind),
          'waiting-for-third-party': z.array(ClockKind),
        })
        .meta({ description: 'Which clocks stand still for which reason.' }),
      ladders: z.partialRecord(ClockKind, z.array(Step)),
      off: z
        .array(ClockKind.exclude(['first-contact', 'resolution']))
        .optional()
        .meta({ description: 'Deadlines nobody wants kept; those the service is for are not among them.' }),
    }),
    conversation: Conversation,
    contact: z.strictObject({
      channels: perPriority(z.array(z.string()).min(1)),
      preferred: perPriority(z.string()),
      quietHours: LocalSpan,
      quietGrace: Duration,
    }),
    unreachable: z.strictObject({
      attempts: z.int().min(1).max(10),
      windows: z.array(LocalSpan).min(1),
      within: Duration,
      park: Duration,
      rounds: z.int().min(1).meta({ description: 'So often is a silent customer tried, each after a park.' }),
    }),
    wow: z.strictObject({
      within: Duration,
      budget: z.int().nonnegative().meta({ description: 'Minor units for each case, outside of compensation.' }),
    }),
    recoveryCheck: z.strictObject({
      after: Duration,
      channel: z.enum(['sms', 'email']),
    }),
    stopList: z.strictObject({
      blocks: z.array(MessageClass).min(1),
      review: Duration,
    }),
    observation: z.strictObject({ days: z.int().min(1) }),
    compensation: Compensation.optional().meta({ description: 'Without it nothing can be granted.' }),
    abuse: Abuse.optional().meta({ description: 'Without it nobody is suspected or flagged.' }),
    rca: RootCauses,
    backfill: z.strictObject({ opensCases: z.boolean(), suppresses: z.boolean() }),
    tracks: z.strictObject({
      detractor: z.enum(['recovery', 'activation', 'amplification']),
      passive: z.enum(['recovery', 'activation', 'amplification']),
      promoter: z.enum(['recovery', 'activation', 'amplification']),
    }),
  })
  .superRefine((policy, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    for (const [scale, band] of Object.entries(policy.bands)) {
      if (band.passiveMax <= band.detractorMax) refuse(['bands', scale, 'passiveMax'], 'must lie above detractorMax');
      if (band.severeMax > band.detractorMax) refuse(['bands', scale, 'severeMax'], 'must not lie above detractorMax');
    }
    if (!policy.triage.rules.some((rule) => Object.keys(rule.when).length === 0)) {
      refuse(['triage', 'rules'], 'needs a last rule without conditions, or some detractor would have no priority');
    }
    for (const priority of Priority.options) {
      if (policy.sla.firstContact[priority] > policy.sla.hardCeiling) {
        refuse(['sla', 'firstContact', priority], 'must not exceed sla.hardCeiling');
      }
    }
    for (const priority of Priority.options) {
      if (policy.sla.firstAttempt[priority] > policy.sla.firstContact[priority]) {
        refuse(['sla', 'firstAttempt', priority], 'must not exceed sla.firstContact');
      }
      if (!policy.contact.channels[priority].includes(policy.contact.preferred[priority])) {
        refuse(['contact', 'preferred', priority], 'must be one of contact.channels');
      }
    }
    for (const [kind, steps] of Object.entries(policy.sla.ladders)) {
      if (steps[0]?.after !== undefined) refuse(['sla', 'ladders', kind, 0], 'the first step needs at');
      const ats = steps.flatMap(({ at }) => (at === undefined ? [] : [at === 'breach' ? 100 : at]));
      if (ats.some((at, i) => i > 0 && at <= ats[i - 1]!)) refuse(['sla', 'ladders', kind], 'must rise');
    }
    if (policy.unreachable.windows.length < policy.unreachable.attempts) {
      refuse(['unreachable', 'windows'], 'must be at least as many as unreachable.attempts');
    }
    if (policy.sla.resolution < policy.sla.hardCeiling)
      refuse(['sla', 'resolution'], 'must not be shorter than sla.hardCeiling');
    if (policy.sla.warnAtPercent.some((percent, i, all) => i > 0 && percent <= all[i - 1]!)) {
      refuse(['sla', 'warnAtPercent'], 'must rise');
    }
    if (!policy.stopList.blocks.includes('promo')) refuse(['stopList', 'blocks'], 'must hold promo');
    if (policy.stopList.blocks.includes('service-recovery')) {
      refuse(['stopList', 'blocks'], 'must not hold service-recovery: marketing stops, service starts');
    }
    const { detractor, passive, promoter } = policy.tracks;
    if (detractor === passive && passive === promoter) refuse(['tracks'], 'must not be the same for all segments');
  });

export type Policy = z.infer<typeof Policy>;
export type Compensation = z.infer<typeof Compensation>;
export type Abuse = z.infer<typeof Abuse>;

export class InvalidPolicy extends Error {
  override name = 'InvalidPolicy';
}

/** A policy document as published, checked as a whole. Throws InvalidPolicy with every problem in one line. */
export function parsePolicy(document: unknown): Policy {
  const result = Policy.safeParse(document);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'policy'}: ${issue.message}`);
  throw new InvalidPolicy(`the policy is not valid: ${problems.join('; ')}`);
}

/** YAML text to a document that can be published; it is valid, or InvalidPolicy is thrown. */
export function readPolicy(yaml: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = parseYaml(yaml);
  } catch (error) {
    if (error instanceof YAMLParseError)
      throw new InvalidPolicy(`the policy is not YAML: ${error.message.split('\n')[0]}`);
    throw error;
  }
  parsePolicy(document);
  return document as Record<string, unknown>;
}

export function presetPolicy(name: 'seed-strict' = 'seed-strict'): Record<string, unknown> {
  return readPolicy(readFileSync(new URL(`../presets/${name}.yaml`, import.meta.url), 'utf8'));
}
