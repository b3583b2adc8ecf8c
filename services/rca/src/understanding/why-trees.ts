import type { Database, Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { NotFound } from '@heard/service/http';
import { type RawBuilder, sql } from 'kysely';
import { type Command, decide, type Evidence, type Why, type WhyTree } from './why-tree.ts';

export interface KeptTree extends WhyTree {
  treeId: string;
  themeId: string;
  openedBy: string;
  openedAt: Date;
  whys: ReadonlyMap<string, KeptWhy>;
}

/** `writtenBy` and `writtenAt` are those of the newest revision. */
export interface KeptWhy extends Why {
  writtenBy: string;
  writtenAt: Date;
}

const whyColumns = sql`tree_id as "treeId", why_id as "whyId", parent_id as "parentId", revision, statement, evidence, department,
  is_root as "isRoot", written_by as "writtenBy", written_at as "writtenAt"`;

/** The only writer of whys: locks the tree, decides, and writes the revision. Throws NotFound and Rejection. */
export async function writeWhy(
  tx: Tx,
  treeId: string,
  command: Command,
  { by, at }: { by: string; at: Date },
): Promise<void> {
  await sql`select 1 from why_trees where tree_id = ${treeId} for update`.execute(tx);
  const [tree] = await readTrees(tx, sql`tree_id = ${treeId}`);
  if (!tree) throw new NotFound('There is no such tree.');
  if (command.do !== 'ask' && !tree.whys.has(command.whyId)) throw new NotFound('This tree has no such why.');
  const why = decide(command, tree);
  if (!why) return;
  await checkEvidence(tx, why.evidence);
  await sql`insert into whys (why_id, revision, tree_id, parent_id, statement, evidence, department, is_root, written_by, written_at)
    values (${why.whyId}, ${why.revision}, ${treeId}, ${why.parentId}, ${why.statement}, ${JSON.stringify(why.evidence)}::jsonb,
      ${why.department}, ${why.isRoot}, ${by}, ${at.toISOString()})`.execute(tx);
}

/** Trees with the newest revision of each why, in the order the whys were asked. */
export async function readTrees(
  db: Database | Tx,
  where: RawBuilder<unknown>,
  rest: RawBuilder<unknown> = sql``,
): Promise<KeptTree[]> {
  const { rows: trees } = await sql<Omit<KeptTree, 'whys'>>`
    select tree_id as "treeId", theme_id as "themeId", deepest, opened_by as "openedBy", opened_at as "openedAt"
      from why_trees where ${where} ${rest}`.execute(db);
  const ids = trees.map(({ treeId }) => treeId);
  const { rows: whys } = await sql<KeptWhy & { treeId: string }>`
    select * from (
      select distinct on (why_id) ${whyColumns}, min(row_id) over (partition by why_id) as asked
        from whys where tree_id = any (${ids}::uuid[]) order by why_id, revision desc) newest
     order by asked`.execute(db);
  const ofTree = Map.groupBy(whys, ({ treeId }) => treeId);
  return trees.map((tree) => ({
    ...tree,
    whys: new Map((ofTree.get(tree.treeId) ?? []).map((why) => [why.whyId, why])),
  }));
}

/** Every revision of one why, oldest first. */
export async function readRevisions(db: Database, treeId: string, whyId: string): Promise<KeptWhy[]> {
  const { rows } = await sql<KeptWhy>`
    select ${whyColumns} from whys where tree_id = ${treeId} and why_id = ${whyId} order by revision`.execute(db);
  return rows;
}

/** Throws Rejection `unknown-evidence` for a comment or case nobody has heard of. */
async function checkEvidence(tx: Tx, evidence: readonly Evidence[]): Promise<void> {
  const comments = evidence.flatMap((one) => (one.kind === 'comment' ? [one.feedbackId] : []));
  const cases = evidence.flatMap((one) => (one.kind === 'case' ? [one.caseId] : []));
  const { rows } = await sql<{ id: string }>`
    select id from unnest(${comments}::uuid[]) as id where not exists (select 1 from comments where feedback_id = id)
    union all select id from unnest(${cases}::uuid[]) as id where not exists (select 1 from cases where case_id = id)`.execute(
    tx,
  );
  if (rows.length > 0) throw new Rejection('unknown-evidence', `not known: ${rows.map(({ id }) => id).join(', ')}`);
}
