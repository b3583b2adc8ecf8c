import { Instant, text } from '@heard/events/vocabulary';
import { insightRoles } from '@heard/service/access';
import { Problem } from '@heard/service/http';
import { ifMatch } from '@heard/service/if-match';
import type { Service } from '@heard/service/service';
import * as z from 'zod';
import { answersOf, reasonsOf, Share, shareOf } from './campaign-report.ts';
import {
  bringing,
  Campaign,
  counts,
  Invitation,
  Kind,
  lineOf,
  names,
  params,
  show,
  soon,
  source,
} from './campaign-shapes.ts';
import { wordCampaign } from './campaign-wording.ts';
import { campaignsLike, readCampaign, saveCampaign, saveInvitations } from './campaigns.ts';

const reading = { config: { access: { roles: insightRoles } } } as const;
/** Surveys sent to many, who answered them, and why customers left (S13, S14, S86). */
export function registerCampaignRoutes(service: Service): void {
  const { clock, database, http } = service;

  http.put(
    '/v1/campaigns/:campaignId',
    {
      ...bringing,
      schema: {
        summary: 'Save a campaign under the id its survey platform gives it; the same again changes only the version',
        params,
        headers: z.object({
          'if-match': ifMatch,
        }),
        body: z.strictObject({
          name: text(200).min(1),
          kind: Kind.meta({
            description:
              'Answers that name no campaign are matched by it: exit-survey, dormant-survey, else survey-response.',
          }),
          startsAt: Instant,
          endsAt: Instant.meta({ description: 'Answers from then on are late.' }),
        }),
        response: { 200: Campaign, 409: Problem },
      },
    },
    async (request) => {
      const { campaignId } = request.params;
      const { startsAt, endsAt, ...said } = request.body;
      const by = { savedBy: request.principal.personId, savedAt: clock.now() };
      const campaign = { campaignId, ...said, startsAt: new Date(startsAt), endsAt: new Date(endsAt), ...by };
      return service.commit(request, async (tx) => {
        const version = await saveCampaign(tx, campaign, request.headers['if-match']);
        return { result: show({ ...campaign, version }), events: [], record: campaignId, version };
      });
    },
  );

  http.post(
    '/v1/campaigns/:campaignId/invitations',
    {
      ...bringing,
      bodyLimit: 8 * 1_048_576,
      schema: {
        summary:
          'Tell whom the survey was sent to, who could not be reached, and who was left out; repeating it changes nothing',
        description:
          'Before sending, ask `POST /v1/can-send` of suppression-list with the class `survey`; whom it refuses is not sent anything and is told here as `left-out`.',
        params,
        body: z.strictObject({
          invitations: z.array(Invitation).min(1).max(5_000),
        }),
        response: {
          200: z.object({ customers: z.int().meta({ description: 'New to the campaign.' }), known: z.int() }),
          404: Problem,
          409: Problem,
        },
      },
    },
    (request) =>
      service.commit(request, async (tx) => {
        const { campaignId } = request.params;
        const now = clock.now();
        const lines = request.body.invitations.map((one) => lineOf(one, now));
        const customers = await saveInvitations(tx, campaignId, lines, soon(now));
        const known = new Set(lines.map(({ customerId }) => customerId)).size - customers;
        return { result: { customers, known }, events: [], record: campaignId };
      }),
  );

  http.get(
    '/v1/campaigns',
    {
      ...reading,
      schema: {
        summary: 'Campaigns, newest first',
        querystring: z.object({ kind: Kind.optional() }),
        response: { 200: z.object({ items: z.array(Campaign) }) },
      },
    },
    async ({ query }) => ({ items: (await campaignsLike(database, query)).map(show) }),
  );

  http.get(
    '/v1/campaigns/:campaignId',
    {
      ...reading,
      schema: {
        summary: 'A campaign: who was asked, who answered, and why they left, with intervals and in words',
        params,
        response: {
          200: Campaign.extend({
            ...counts,
            answered: Share.meta({ description: 'Of the customers invited.' }),
            answeredOfReached: Share,
            answers: z.int().meta({ description: 'That count: one per customer, in time.' }),
            frameVersion: z.int().nullable().meta({ description: 'null: the first is still being learnt.' }),
            reasons: z.array(Share.extend({ source, reason: z.string(), names })),
            words: names,
          }),
          404: Problem,
        },
      },
    },
    async ({ params: { campaignId } }) => {
      const campaign = await readCampaign(database, campaignId);
      const read = await answersOf(service, [campaign]);
      const { answered, reached, ...told } = read.counts.get(campaignId)!;
      const { reasons, frameVersion } = await reasonsOf(database, campaignId, read.confidence);
      const share = shareOf({ hits: answered, of: told.invited }, read.confidence);
      const said = { ...told, answered: share };
      return {
        ...show(campaign),
        ...said,
        answeredOfReached: shareOf({ hits: answered, of: reached }, read.confidence),
        answers: answered + told.uninvited,
        frameVersion,
        reasons,
        words: { zh: wordCampaign(said, reasons, 'zh'), en: wordCampaign(said, reasons, 'en') },
      };
    },
  );
}
