import { insightRoles } from '@heard/service/access';
import { registerReport } from '@heard/service/reports';
import type { Service } from '@heard/service/service';
import * as z from 'zod';
import { answersOf, reasonsOf, Share, shareOf } from './campaign-report.ts';
import { counts, Kind, show, source } from './campaign-shapes.ts';
import { type CampaignRow, campaignsLike } from './campaigns.ts';

/** Campaigns beside each other. */
export function registerCampaignReports(service: Service): void {
  const { database, http } = service;

  const between = {
    kind: Kind.optional(),
    campaigns: z
      .string()
      .transform((list) => list.split(','))
      .optional()
      .meta({ description: 'Separated by commas.' }),
  };
  const about = {
    campaignId: z.string(),
    name: z.string(),
    kind: z.string(),
    startsAt: z.string(),
    endsAt: z.string(),
  };
  const share = { share: Share.shape.share, low: Share.shape.low, high: Share.shape.high };

  registerReport(http, {
    path: '/v1/reports/campaigns',
    summary: 'Campaigns beside each other: who was asked, who answered',
    roles: insightRoles,
    query: z.object(between),
    row: z.object({ ...about, ...counts, reached: z.int(), answered: z.int(), ...share, answers: z.int() }),
    read: async (query) => {
      const campaigns = await campaignsLike(database, query);
      const { counts, confidence } = await answersOf(service, campaigns);
      return campaigns.map((campaign) => {
        const told = counts.get(campaign.campaignId)!;
        const { share, low, high } = shareOf({ hits: told.answered, of: told.invited }, confidence);
        return { ...aboutOf(campaign), ...told, share, low, high, answers: told.answered + told.uninvited };
      });
    },
  });

  registerReport(http, {
    path: '/v1/reports/campaign-reasons',
    summary: 'Why, campaign beside campaign: the reasons chosen and the themes of the words',
    roles: insightRoles,
    query: z.object(between),
    row: z.object({ ...about, source, reason: z.string(), zh: z.string(), en: z.string(), ...Share.shape }),
    read: async (query) => {
      const campaigns = await campaignsLike(database, query, 50);
      const { confidence } = await answersOf(service, []);
      const rows = [];
      for (const campaign of campaigns) {
        const { reasons } = await reasonsOf(database, campaign.campaignId, confidence);
        for (const { names, ...reason } of reasons) rows.push({ ...aboutOf(campaign), ...names, ...reason });
      }
      return rows;
    },
  });
}

function aboutOf(campaign: CampaignRow) {
  const { campaignId, name, kind, startsAt, endsAt } = show(campaign);
  return { campaignId, name, kind, startsAt, endsAt };
}
