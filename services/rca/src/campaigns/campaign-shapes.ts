import { CampaignId, CustomerId, Instant } from '@heard/events/vocabulary';
import * as z from 'zod';
import type { CampaignRow } from './campaigns.ts';
import { type Line, outcomes } from './invitation.ts';

export const bringing = { config: { access: { roles: ['analyst', 'admin', 'system'] } } } as const;
export const params = z.object({ campaignId: CampaignId });

export const Invitation = z.strictObject({
  customerId: CustomerId,
  at: Instant.optional().meta({ description: 'When it was sent, came back, or was left out; else now.' }),
  outcome: z.enum(outcomes).default('sent'),
});

export function lineOf({ at, ...line }: z.infer<typeof Invitation>, now: Date): Line {
  return { ...line, at: at ? new Date(at) : now };
}

/** Clocks differ by minutes; what is later than this was not done yet. */
export const soon = (now: Date): Date => new Date(now.getTime() + 5 * 60_000);

export const Kind = z.enum(['exit', 'dormant', 'other']);

export const Campaign = z.object({
  campaignId: z.string(),
  version: z.int(),
  kind: Kind,
  name: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  savedBy: z.string(),
  savedAt: z.string(),
});
export const counts = {
  invited: z.int().meta({ description: 'Customers, each once.' }),
  leftOut: z.int().meta({ description: 'Not invited: the stop list or a limit of messages said no.' }),
  undeliverable: z.int().meta({ description: 'Of those invited.' }),
  uninvited: z.int().meta({ description: 'Answered in time without being on the list; their reasons count.' }),
  early: z.int().meta({ description: 'Answers before the campaign began; like the two below they count nowhere.' }),
  late: z.int(),
  again: z.int().meta({ description: 'Answers of customers of whom a newer one counts.' }),
};
export const names = z.object({ zh: z.string(), en: z.string() });
export const source = z.enum(['chosen', 'theme']).meta({
  description: 'chosen: of the reasons offered, of all answers that chose any. theme: named in their own words.',
});

export function show({ startsAt, endsAt, savedAt, ...campaign }: CampaignRow): z.infer<typeof Campaign> {
  const at = { startsAt: startsAt.toISOString(), endsAt: endsAt.toISOString(), savedAt: savedAt.toISOString() };
  return { ...campaign, ...at };
}
