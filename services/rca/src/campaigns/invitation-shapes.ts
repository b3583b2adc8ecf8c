import { CampaignId, CustomerId, Instant } from '@heard/events/vocabulary';
import * as z from 'zod';
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
