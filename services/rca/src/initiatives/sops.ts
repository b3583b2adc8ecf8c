import type { Database, Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { NotFound } from '@heard/service/http';
import { type RawBuilder, sql } from 'kysely';
import { readInitiative } from './initiatives.ts';
import { groundOf, nextVersion } from './sop.ts';

export interface Text {
  title: { zh: string; en: string };
  text: string;
  ownerId: string;
  /** ISO date. */
  validFrom: string;
}

export interface SopRow extends Text {
  sopId: string;
  version: number;
  initiativeId: string | null;
  validationId: string | null;
  decision: string | null;
  writtenBy: string;
  writtenAt: Date;
  retiredAt: Date | null;
  retiredBy: string | null;
  retiredReason: string | null;
}

/** Throws NotFound, or Rejection where it rests on nothing. */
export async function writeSop(
  tx: Tx,
  sopId: string,
  on: { initiativeId?: string; decision?: string },
  text: Text,
  by: { personId: string; at: Date },
): Promise<void> {
  const initiative = on.initiativeId ? await readInitiative(tx, on.initiativeId) : undefined;
  const { validationId, decision } = groundOf(initiative, on.decision);
  await sql`insert into sops (sop_id, version, initiative_id, validation_id, decision)
    values (${sopId}, 1, ${on.initiativeId ?? null}, ${validationId}, ${decision})`.execute(tx);
  await writeVersion(tx, sopId, 1, text, by);
}

/** Throws NotFound, or Rejection where it is retired, was written anew meanwhile, or would hold too early. */
export async function rewriteSop(
  tx: Tx,
  sopId: string,
  expected: number,
  text: Text,
  by: { personId: string; at: Date },
): Promise<number> {
  const sop = await lock(tx, sopId);
  const version = nextVersion({ ...sop, isRetired: sop.retiredAt !== null }, expected, text.validFrom);
  await sql`update sops set version = ${version} where sop_id = ${sopId}`.execute(tx);
  await writeVersion(tx, sopId, version, text, by);
  return version;
}

/** Throws NotFound, or Rejection where it is retired already. */
export async function retireSop(
  tx: Tx,
  sopId: string,
  reason: string,
  { personId, at }: { personId: string; at: Date },
): Promise<void> {
  const { retiredAt } = await lock(tx, sopId);
  if (retiredAt !== null) throw new Rejection('retired', 'this SOP is retired');
  await sql`update sops set retired_at = ${at.toISOString()}, retired_by = ${personId}, retired_reason = ${reason}
    where sop_id = ${sopId}`.execute(tx);
}

async function lock(tx: Tx, sopId: string): Promise<SopRow> {
  await sql`select 1 from sops where sop_id = ${sopId} for update`.execute(tx);
  return readSop(tx, sopId);
}

async function writeVersion(
  tx: Tx,
  sopId: string,
  version: number,
  { title, text, ownerId, validFrom }: Text,
  { personId, at }: { personId: string; at: Date },
): Promise<void> {
  await sql`
    insert into sop_versions (sop_id, version, title_zh, title_en, body, owner_id, valid_from, written_by, written_at)
    values (${sopId}, ${version}, ${title.zh}, ${title.en}, ${text}, ${ownerId}, ${validFrom}::date, ${personId}, ${at.toISOString()})`.execute(
    tx,
  );
}

/** The newest version of each, or with `all` every version, newest first. */
export async function readSops(db: Database | Tx, where: RawBuilder<unknown>, all = false): Promise<SopRow[]> {
  const { rows } = await sql<SopRow>`
    select s.sop_id as "sopId", v.version, s.initiative_id as "initiativeId", s.validation_id as "validationId", s.decision,
           json_build_object('zh', v.title_zh, 'en', v.title_en) as title, v.body as text, v.owner_id as "ownerId",
           to_char(v.valid_from, 'YYYY-MM-DD') as "validFrom", v.written_by as "writtenBy", v.written_at as "writtenAt",
           s.retired_at as "retiredAt", s.retired_by as "retiredBy", s.retired_reason as "retiredReason"
      from sops s join sop_versions v on v.sop_id = s.sop_id and (${all} or v.version = s.version)
     where ${where} order by v.valid_from desc, s.sop_id, v.version desc`.execute(db);
  return rows;
}

/** Its newest version. Throws NotFound. */
export async function readSop(db: Database | Tx, sopId: string): Promise<SopRow> {
  const [found] = await readSops(db, sql`s.sop_id = ${sopId}`);
  if (!found) throw new NotFound('There is no such SOP.');
  return found;
}
