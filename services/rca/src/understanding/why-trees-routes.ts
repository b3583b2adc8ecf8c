import { Department, ThemeId } from '@heard/events/rca';
import { CaseId, FeedbackId, text } from '@heard/events/vocabulary';
import { insightRoles } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { createOnce, once } from '../once.ts';
import { checkThemes, servedFrame } from '../themes/served-frame.ts';
import { depthOf } from './why-tree.ts';
import { type KeptTree, type KeptWhy, readRevisions, readTrees, writeWhy } from './why-trees.ts';

const analysts = { config: { access: { roles: ['analyst', 'admin'] as const } } };
const readers = { config: { access: { roles: insightRoles } } };
const ofTree = z.object({ treeId: z.uuid() });
const ofWhy = ofTree.extend({ whyId: z.uuid() });

const Evidence = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('comment'), feedbackId: FeedbackId }),
  z.strictObject({ kind: z.literal('case'), caseId: CaseId }),
  z.strictObject({
    kind: z.literal('figure'),
    name: text(200).min(1),
    value: text(100).min(1),
    source: text(200).min(1).meta({ description: 'Where the figure comes from.' }),
  }),
  z.strictObject({ kind: z.literal('link'), name: text(200).min(1), url: z.url({ protocol: /^https?$/ }).max(2000) }),
]);
const content = {
  statement: text(1000).min(1),
  evidence: z.array(Evidence).max(50),
  department: Department,
};
const WhyBody = z.object({
  whyId: z.uuid(),
  parentId: z.uuid().nullable(),
  revision: z.int(),
  statement: z.string(),
  evidence: z.array(Evidence),
  department: z.string().nullable(),
  isRoot: z.boolean(),
  writtenBy: z.string(),
  writtenAt: z.string(),
});
const TreeBody = z.object({
  treeId: z.uuid(),
  themeId: z.string(),
  deepest: z.int(),
  openedBy: z.string(),
  openedAt: z.string(),
  whys: z
    .array(WhyBody.extend({ depth: z.int().meta({ description: '1 answers the theme.' }) }))
    .meta({ description: 'A parent before its answers, else in the order they were asked.' }),
});

/** 5 Whys: from a theme to the causes somebody can remove, each with its evidence. */
export function registerWhyTreesRoutes(service: Service): void {
  const { clock, commit, database, http } = service;

  http.post(
    '/v1/why-trees',
    {
      ...analysts,
      schema: {
        summary: 'Begin to ask why a theme is named',
        ...once,
        body: z.strictObject({ themeId: ThemeId, deepest: z.int().min(1).max(10).default(5) }),
        response: { 201: TreeBody, 409: Problem },
      },
    },
    async (request, reply) => {
      const treeId = await createOnce(service, request, async (tx, treeId) => {
        const { themeId, deepest } = request.body;
        checkThemes(await servedFrame(tx), [themeId]);
        await sql`insert into why_trees (tree_id, theme_id, deepest, opened_by, opened_at)
          values (${treeId}, ${themeId}, ${deepest}, ${request.principal.personId}, ${clock.now().toISOString()})`.execute(
          tx,
        );
        return { events: [] };
      });
      return reply.status(201).send(await show(treeId));
    },
  );

  http.get(
    '/v1/why-trees',
    {
      ...readers,
      schema: {
        summary: 'The trees, newest first',
        querystring: z.object({
          theme: ThemeId.optional(),
          cursor: z.uuid().optional(),
          limit: z.coerce.number().int().min(1).max(100).default(20),
        }),
        response: { 200: z.object({ items: z.array(TreeBody), next: z.string().nullable() }) },
      },
    },
    async ({ query: { theme, cursor, limit } }) => {
      const trees = await readTrees(
        database,
        sql`(${theme ?? null}::text is null or theme_id = ${theme ?? null}) and (${cursor ?? null}::uuid is null
          or (opened_at, tree_id) < (select opened_at, tree_id from why_trees where tree_id = ${cursor ?? null}))`,
        sql`order by opened_at desc, tree_id desc limit ${limit}`,
      );
      return { items: trees.map(bodyOf), next: trees.length === limit ? trees.at(-1)!.treeId : null };
    },
  );

  http.get(
    '/v1/why-trees/:treeId',
    {
      ...readers,
      schema: { summary: 'One tree', params: ofTree, response: { 200: TreeBody, 404: Problem } },
    },
    async ({ params }) => show(params.treeId),
  );

  http.post(
    '/v1/why-trees/:treeId/whys',
    {
      ...analysts,
      schema: {
        summary: 'Answer a why, or the theme itself; evidence may follow',
        ...once,
        params: ofTree,
        body: z.strictObject({
          ...content,
          parentId: z.uuid().nullable().default(null),
          evidence: content.evidence.default([]),
          department: content.department.nullable().default(null),
        }),
        response: { 201: TreeBody.extend({ whyId: z.uuid() }), 404: Problem, 409: Problem },
      },
    },
    async (request, reply) => {
      const whyId = await createOnce(service, request, async (tx, whyId) => {
        const written = { by: request.principal.personId, at: clock.now() };
        await writeWhy(tx, request.params.treeId, { do: 'ask', whyId, ...request.body }, written);
        return { events: [] };
      });
      return reply.status(201).send({ whyId, ...(await show(request.params.treeId)) });
    },
  );

  http.put(
    '/v1/why-trees/:treeId/whys/:whyId',
    {
      ...analysts,
      schema: {
        summary: 'Correct a why; what it said before is kept',
        params: ofWhy,
        body: z.strictObject({ ...content, department: content.department.nullable() }).partial(),
        response: { 200: TreeBody, 404: Problem, 409: Problem },
      },
    },
    async (request) => {
      await write(request, { do: 'correct', whyId: request.params.whyId, ...request.body });
      return show(request.params.treeId);
    },
  );

  http.post(
    '/v1/why-trees/:treeId/whys/:whyId/root',
    {
      ...analysts,
      schema: {
        summary: 'Mark a why as a root cause, or take that back; it and all above it need evidence and department',
        params: ofWhy,
        body: z.strictObject({ isRoot: z.boolean().default(true) }).nullish(),
        response: { 200: TreeBody, 404: Problem, 409: Problem },
      },
    },
    async (request) => {
      const isRoot = request.body?.isRoot ?? true;
      await write(request, { do: 'mark-root', whyId: request.params.whyId, isRoot });
      return show(request.params.treeId);
    },
  );

  http.get(
    '/v1/why-trees/:treeId/whys/:whyId/revisions',
    {
      ...readers,
      schema: {
        summary: 'All a why has said, oldest first, with who and when',
        params: ofWhy,
        response: { 200: z.object({ items: z.array(WhyBody) }), 404: Problem },
      },
    },
    async ({ params: { treeId, whyId } }) => {
      const items = (await readRevisions(database, treeId, whyId)).map(whyBodyOf);
      if (items.length === 0) throw new NotFound('This tree has no such why.');
      return { items };
    },
  );

  async function write(
    request: Parameters<typeof commit>[0] & { params: { treeId: string } },
    command: Parameters<typeof writeWhy>[2],
  ): Promise<void> {
    await commit(request, async (tx) => {
      const written = { by: request.principal.personId, at: clock.now() };
      await writeWhy(tx, request.params.treeId, command, written);
      return { result: undefined, events: [], record: command.whyId };
    });
  }

  async function show(treeId: string): Promise<z.infer<typeof TreeBody>> {
    const [tree] = await readTrees(database, sql`tree_id = ${treeId}`);
    if (!tree) throw new NotFound('There is no such tree.');
    return bodyOf(tree);
  }
}

function bodyOf(tree: KeptTree): z.infer<typeof TreeBody> {
  const { whys: _, openedAt, ...rest } = tree;
  return { ...rest, openedAt: openedAt.toISOString(), whys: below(tree, null) };
}

function below(tree: KeptTree, parentId: string | null): z.infer<typeof TreeBody>['whys'] {
  return [...tree.whys.values()]
    .filter((why) => why.parentId === parentId)
    .flatMap((why) => [{ ...whyBodyOf(why), depth: depthOf(tree, why.whyId) }, ...below(tree, why.whyId)]);
}

function whyBodyOf({ writtenAt, evidence, ...why }: KeptWhy): z.infer<typeof WhyBody> {
  return { ...why, evidence: [...evidence], writtenAt: writtenAt.toISOString() };
}
