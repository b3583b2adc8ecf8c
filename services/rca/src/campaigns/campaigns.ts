import type { Database, Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { NotFound } from '@heard/service/http';
import { type RawBuilder, sql } from 'kysely';
import { evolve, type Invitation, type Line } from './invitation.ts';

export interface CampaignRow {
  campaignId: string;
  version: number;
  kind: 'exit' | 'dormant' | 'other';
  name: string;
  startsAt: Date;
  endsAt: Date;
  savedBy: string;
  savedAt: Date;
}

/** Returns the version it has now. Throws Rejection where another was read. */
export async function saveCampaign(
  tx: Tx,
  { campaignId, kind, name, startsAt, endsAt, savedBy, savedAt }: Omit<CampaignRow, 'version'>,
  read: number | undefined,
): Promise<number> {
  if (startsAt >= endsAt) throw new Rejection('over-before-it-starts', 'a campaign ends after it starts');
  const { rows } = await sql<{ version: number }>`
    insert into campaigns as k (campaign_id, version, kind, name, starts_at, ends_at, saved_by, saved_at)
    values (${campaignId}, 1, ${kind}, ${name}, ${startsAt.toISOString()}, ${endsAt.toISOString()}, ${savedBy}, ${savedAt.toISOString()})
    on conflict (campaign_id) do update set version = k.version + 1, kind = excluded.kind, name = excluded.name,
      starts_at = excluded.starts_at, ends_at = excluded.ends_at, saved_by = excluded.saved_by, saved_at = excluded.saved_at
    returning version`.execute(tx);
  const { version } = rows[0]!;
  if (read !== undefined && read !== version - 1) {
    throw new Rejection('version-changed', `The newest version is ${version - 1}, this was made from ${read}.`);
  }
  return version;
}

/** Newest first. */
async function readCampaigns(db: Database | Tx, where: RawBuilder<unknown>, limit = 1_000): Promise<CampaignRow[]> {
  const { rows } = await sql<CampaignRow>`
    select campaign_id as "campaignId", version, kind, name, starts_at as "startsAt", ends_at as "endsAt", saved_by as "savedBy",
           saved_at as "savedAt"
      from campaigns where ${where} order by starts_at desc, campaign_id limit ${limit}`.execute(db);
  return rows;
}

/** Of a kind, or by their ids; newest first. */
export function campaignsLike(
  db: Database | Tx,
  { kind = null, campaigns = null }: { kind?: string | null; campaigns?: string[] | null },
  limit?: number,
): Promise<CampaignRow[]> {
  const where = sql`(${kind}::text is null or kind = ${kind}) and (${campaigns}::text[] is null or campaign_id = any (${campaigns}::text[]))`;
  return readCampaigns(db, where, limit);
}

/** Throws NotFound. */
export async function readCampaign(db: Database | Tx, campaignId: string): Promise<CampaignRow> {
  const [found] = await readCampaigns(db, sql`campaign_id = ${campaignId}`);
  if (!found) throw new NotFound('There is no such campaign.');
  return found;
}

/**
 * Puts on record whom the sender asked; lines told before change nothing. Returns how many customers are new to the
 * campaign. Throws NotFound, or Rejection where somebody was asked when it was over or after `latest`.
 */
export async function saveInvitations(
  tx: Tx,
  campaignId: string,
  lines: readonly Line[],
  latest: Date,
): Promise<number> {
  if (lines.some(({ at }) => at > latest)) throw new Rejection('in-the-future', 'at: lies in the future');
  // Whoever brings a list waits for the one before it.
  await sql`select from campaigns where campaign_id = ${campaignId} for update`.execute(tx);
  const { endsAt } = await readCampaign(tx, campaignId);
  if (lines.some(({ outcome, at }) => outcome === 'sent' && at >= endsAt)) {
    throw new Rejection('campaign-over', `the campaign ended at ${endsAt.toISOString()}; extend it, or open another`);
  }
  const ids = [...new Set(lines.map(({ customerId }) => customerId))];
  const { rows } = await sql<Invitation & { customerId: string }>`
    select customer_id as "customerId", invited_at as "invitedAt", outcome, told_at as "toldAt" from campaign_invitations
     where campaign_id = ${campaignId} and customer_id = any (${ids}::text[])`.execute(tx);
  const known = new Map<string, Invitation>(rows.map(({ customerId, ...invitation }) => [customerId, invitation]));
  const folded = new Map(known);
  for (const line of lines) folded.set(line.customerId, evolve(folded.get(line.customerId), line));
  const changed = [...folded].filter(([id, invitation]) => known.get(id) !== invitation);
  await sql`
    insert into campaign_invitations (campaign_id, customer_id, invited_at, outcome, told_at)
    select ${campaignId}, * from unnest(${changed.map(([id]) => id)}::text[],
      ${changed.map(([, one]) => one.invitedAt?.toISOString() ?? null)}::timestamptz[], ${changed.map(([, one]) => one.outcome)}::text[],
      ${changed.map(([, one]) => one.toldAt.toISOString())}::timestamptz[])
    on conflict (campaign_id, customer_id) do update set invited_at = excluded.invited_at, outcome = excluded.outcome,
      told_at = excluded.told_at`.execute(tx);
  return ids.length - known.size;
}

/** How many customers were asked and answered. */
export interface CampaignCounts {
  invited: number;
  /** Of those invited. */
  undeliverable: number;
  leftOut: number;
  /** Invited and within the campaign's time. */
  answered: number;
  /** Invited and not undeliverable, or answered all the same. */
  reached: number;
  /** Within its time by customers nobody said were asked. */
  uninvited: number;
  /** Answers that are not counted. */
  early: number;
  late: number;
  again: number;
}

export async function countCampaigns(
  db: Database | Tx,
  campaignIds: readonly string[],
): Promise<Map<string, CampaignCounts>> {
  const { rows } = await sql<CampaignCounts & { campaignId: string }>`
    with answers as (select * from campaign_answers where campaign_id = any (${campaignIds}::text[])),
    asked as (
      select i.campaign_id, count(i.invited_at)::int as invited, count(*) filter (where i.outcome = 'undeliverable')::int as undeliverable,
             count(*) filter (where i.outcome = 'left-out')::int as "leftOut",
             count(*) filter (where i.invited_at is not null and (i.outcome <> 'undeliverable' or a.feedback_id is not null))::int as reached,
             count(*) filter (where i.invited_at is not null and a.feedback_id is not null)::int as answered
        from campaign_invitations i
        left join answers a on a.campaign_id = i.campaign_id and a.customer_id = i.customer_id and a.standing = 'counted'
       where i.campaign_id = any (${campaignIds}::text[]) group by 1),
    came as (
      select campaign_id, count(*) filter (where standing = 'counted')::int as counted, count(*) filter (where standing = 'early')::int as early,
             count(*) filter (where standing = 'late')::int as late, count(*) filter (where standing = 'again')::int as again
        from answers group by 1)
    select id as "campaignId", coalesce(invited, 0) as invited, coalesce(undeliverable, 0) as undeliverable, coalesce("leftOut", 0) as "leftOut",
           coalesce(reached, 0) as reached, coalesce(answered, 0) as answered, coalesce(counted, 0) - coalesce(answered, 0) as uninvited,
           coalesce(early, 0) as early, coalesce(late, 0) as late, coalesce(again, 0) as again
      from unnest(${campaignIds}::text[]) as id left join asked a on a.campaign_id = id left join came c on c.campaign_id = id`.execute(
    db,
  );
  return new Map(rows.map(({ campaignId, ...counts }) => [campaignId, counts]));
}

export interface ChosenReasons {
  /** Answers that chose any. */
  of: number;
  /** Most chosen first. */
  reasons: { reason: string; n: number }[];
}

/** Which of the reasons offered the counted answers chose. */
export async function countReasons(db: Database | Tx, campaignId: string): Promise<ChosenReasons> {
  const { rows } = await sql<{ reason: string | null; n: number }>`
    with chosen as (
      select c.reasons from campaign_answers a join comments c using (feedback_id)
       where a.campaign_id = ${campaignId} and a.standing = 'counted' and c.reasons <> '{}')
    select reason, count(*)::int as n from chosen cross join lateral unnest(reasons) as reason group by 1
    union all select null, count(*)::int from chosen
    order by n desc, reason`.execute(db);
  const all = rows.find(({ reason }) => reason === null);
  return { of: all!.n, reasons: rows.flatMap(({ reason, n }) => (reason === null ? [] : [{ reason, n }])) };
}
