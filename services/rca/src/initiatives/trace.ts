import type { Database } from '@heard/bus/log';
import { redact } from '@heard/text/redact';
import { type RawBuilder, sql } from 'kysely';

export const kinds = ['comment', 'case', 'theme', 'why', 'initiative', 'validation', 'sop'] as const;
export type Kind = (typeof kinds)[number];

export interface Node {
  kind: Kind;
  id: string;
  title: string;
  /** One step on. */
  href: string;
}

export interface Trace extends Node {
  facts: Record<string, unknown>;
  /** What it is in full: of this service, or of `service`. */
  documents: { kind: string; href: string; service?: string }[];
  /** The first twenty of each relation; `count` is all. Whatever is linked to links back. */
  links: { relation: string; count: number; items: Node[] }[];
}

interface Reader {
  /** One row of `title` and `facts`. */
  self: RawBuilder<unknown>;
  documents(facts: Record<string, unknown>): Trace['documents'];
  /** `of`: rows of id, title and place. `count`, where it would be slow to read them all: how many; then `of` may stop at twenty. */
  links: { relation: string; kind: Kind; of: RawBuilder<unknown>; count?: RawBuilder<unknown> }[];
}

/** Everything one step away from a finding, in both directions; undefined where there is no such. */
export async function trace(db: Database, kind: Kind, id: string, lang: 'zh' | 'en'): Promise<Trace | undefined> {
  const reader = readers[kind](id, lang);
  const { rows } = await sql<{ title: string | null; facts: Record<string, unknown> }>`${reader.self}`.execute(db);
  if (!rows[0]) return undefined;
  const { title, facts } = rows[0];
  const links: Trace['links'] = [];
  for (const { relation, kind, of, count } of reader.links) {
    const { rows } = await sql<{ id: string; title: string | null; count: number }>`
      select id::text, title, ${count ? sql`(${count})` : sql`count(*) over ()`}::int as count from (${of}) as found
       order by place desc nulls last, id limit 20`.execute(db);
    const items = rows.map((row) => nodeOf(kind, row.id, row.title));
    if (rows[0]) links.push({ relation, count: rows[0].count, items });
  }
  return { ...nodeOf(kind, id, title), facts, documents: reader.documents(facts), links };
}

/** What customers wrote is masked. */
function nodeOf(kind: Kind, id: string, title: string | null): Node {
  const shown = kind === 'comment' ? redact(title ?? '') : (title ?? '');
  return { kind, id, title: shown, href: `/v1/trace/${kind}/${id}` };
}

const serving = sql`(select version from code_frames where state = 'serving')`;
const whys = sql`(select distinct on (why_id) * from whys order by why_id, revision desc)`;
const validations = sql`(validations join registrations using (registration_id) left join verdicts using (validation_id))`;

/** The name in the newest version of the code frame that lists it. */
const themeName = (id: RawBuilder<unknown>, lang: string) => sql`coalesce((
  select t ->> ${lang} from code_frames f, jsonb_array_elements(f.document -> 'themes') as t
   where t ->> 'id' = ${id} order by f.version desc limit 1), ${id})`;
const merges = sql`(select m ->> 'from' as "from", m ->> 'into' as "into" from code_frames f, jsonb_array_elements(f.document -> 'merges') as m
  where f.state = 'serving') as merges`;

const comment = sql`c.feedback_id as id, c.comment as title, c.occurred_at as place`;
const case_ = sql`k.case_id as id, coalesce(k.root_cause, k.priority) as title, k.opened_at as place`;
const why = sql`w.why_id as id, w.statement as title, w.is_root::int as place`;
const initiative = sql`i.initiative_id as id, i.title, i.opened_at as place`;
const validation = (lang: string) =>
  sql`v.validation_id as id, ${themeName(sql`v.theme_id`, lang)} || coalesce(': ' || v.verdict, '') as title, v.registered_at as place`;
const sop = (lang: string) =>
  sql`s.sop_id as id, ${lang === 'zh' ? sql`n.title_zh` : sql`n.title_en`} as title, n.valid_from as place`;
const sops = sql`sops s join sop_versions n using (sop_id, version)`;
const evidence = (one: object) => sql`w.evidence @> ${JSON.stringify([one])}::jsonb`;
const cited = (field: string) =>
  sql`(select (e ->> ${field})::uuid from ${whys} as w, jsonb_array_elements(w.evidence) as e where w.why_id = `;

const readers: Record<Kind, (id: string, lang: 'zh' | 'en') => Reader> = {
  comment: (id, lang) => ({
    self: sql`select comment as title, jsonb_build_object('channel', channel, 'occurredAt', occurred_at, 'scale', scale,
      'score', score, 'segment', segment) as facts from comments where feedback_id = ${id}`,
    documents: () => [],
    links: [
      {
        relation: 'case',
        kind: 'case',
        of: sql`select ${case_} from case_feedback f join cases k using (case_id) where f.feedback_id = ${id}`,
      },
      {
        relation: 'themes',
        kind: 'theme',
        of: sql`select m as id, ${themeName(sql`m`, lang)} as title, (m = t.primary_theme)::int as place
          from comment_themes t, unnest(t.mentions) as m where t.feedback_id = ${id} and t.frame_version = ${serving}`,
      },
      {
        relation: 'evidence-of',
        kind: 'why',
        of: sql`select ${why} from ${whys} as w where ${evidence({ kind: 'comment', feedbackId: id })}`,
      },
    ],
  }),
  case: (id, lang) => ({
    self: sql`select coalesce(root_cause, priority) as title, jsonb_build_object('priority', priority, 'openedAt', opened_at,
      'rootCause', root_cause, 'resolvedAt', resolved_at, 'outcome', outcome) as facts from cases where case_id = ${id}`,
    documents: () => [{ kind: 'case', href: `/v1/cases/${id}`, service: 'assignment' }],
    links: [
      {
        relation: 'comments',
        kind: 'comment',
        of: sql`select ${comment} from case_feedback f join comments c using (feedback_id) where f.case_id = ${id}`,
      },
      {
        relation: 'themes',
        kind: 'theme',
        of: sql`select m as id, ${themeName(sql`m`, lang)} as title, count(*) as place
          from case_feedback f join comment_themes t using (feedback_id), unnest(t.mentions) as m
         where f.case_id = ${id} and t.frame_version = ${serving} group by m`,
      },
      {
        relation: 'evidence-of',
        kind: 'why',
        of: sql`select ${why} from ${whys} as w where ${evidence({ kind: 'case', caseId: id })}`,
      },
    ],
  }),
  theme: (id, lang) => ({
    self: sql`select ${themeName(sql`${id}::text`, lang)} as title, jsonb_build_object('counted', exists (
        select 1 from comment_themes where frame_version = ${serving} and ${id} = any (mentions))) as facts
       where exists (select 1 from code_frames f, jsonb_array_elements(f.document -> 'themes') as t where t ->> 'id' = ${id})`,
    documents: () => [{ kind: 'comments', href: `/v1/themes/${id}/comments` }],
    links: [
      {
        relation: 'comments',
        kind: 'comment',
        of: sql`select ${comment} from (
            select feedback_id from comment_themes t where t.frame_version = ${serving} and ${id} = any (t.mentions)
             order by t.occurred_at desc nulls last, feedback_id limit 20) as newest join comments c using (feedback_id)`,
        count: sql`select sum(mentions) from theme_counts where frame_version = ${serving} and grain = 'month' and theme = ${id}`,
      },
      {
        relation: 'cases',
        kind: 'case',
        of: sql`select distinct ${case_} from comment_themes t join case_feedback f using (feedback_id) join cases k using (case_id)
          where t.frame_version = ${serving} and ${id} = any (t.mentions)`,
      },
      {
        relation: 'whys',
        kind: 'why',
        of: sql`select ${why} from ${whys} as w join why_trees using (tree_id) where theme_id = ${id}`,
      },
      {
        relation: 'initiatives',
        kind: 'initiative',
        of: sql`select ${initiative} from initiatives i where theme_id = ${id}`,
      },
      {
        relation: 'validations',
        kind: 'validation',
        of: sql`select ${validation(lang)} from ${validations} as v where theme_id = ${id}`,
      },
      {
        relation: 'merged-into',
        kind: 'theme',
        of: sql`select "into" as id, ${themeName(sql`"into"`, lang)} as title, 0 as place from ${merges} where "from" = ${id}`,
      },
      {
        relation: 'merged-from',
        kind: 'theme',
        of: sql`select "from" as id, ${themeName(sql`"from"`, lang)} as title, 0 as place from ${merges} where "into" = ${id}`,
      },
    ],
  }),
  why: (id, lang) => ({
    self: sql`select statement as title, jsonb_build_object('treeId', tree_id, 'department', department, 'isRoot', is_root, 'evidence', evidence)
      as facts from ${whys} as w where why_id = ${id}`,
    documents: ({ treeId }) => [{ kind: 'why-tree', href: `/v1/why-trees/${treeId}` }],
    links: [
      {
        relation: 'theme',
        kind: 'theme',
        of: sql`select theme_id as id, ${themeName(sql`theme_id`, lang)} as title, 0 as place
          from why_trees join ${whys} as w using (tree_id) where why_id = ${id}`,
      },
      {
        relation: 'answers',
        kind: 'why',
        of: sql`select ${why} from ${whys} as w where why_id = (select parent_id from ${whys} as below where why_id = ${id})`,
      },
      { relation: 'answered-by', kind: 'why', of: sql`select ${why} from ${whys} as w where parent_id = ${id}` },
      {
        relation: 'evidence',
        kind: 'comment',
        of: sql`select ${comment} from comments c where feedback_id in ${cited('feedbackId')}${id})`,
      },
      {
        relation: 'evidence',
        kind: 'case',
        of: sql`select ${case_} from cases k where case_id in ${cited('caseId')}${id})`,
      },
      {
        relation: 'initiatives',
        kind: 'initiative',
        of: sql`select ${initiative} from initiatives i where why_tree_id = (select tree_id from ${whys} as w where why_id = ${id})`,
      },
    ],
  }),
  initiative: (id, lang) => ({
    self: sql`select title, jsonb_build_object('state', state, 'rank', rank, 'ownerId', owner_id, 'department', department, 'fixedAt', fixed_at,
      'flyWires', (select coalesce(jsonb_agg(fly_wire_id order by opened_at, fly_wire_id), '[]') from fly_wires f where f.initiative_id = i.initiative_id),
      'effectReviews', (select coalesce(jsonb_agg(review_id order by number), '[]') from effect_reviews r where r.initiative_id = i.initiative_id))
      as facts from initiatives i where initiative_id = ${id}`,
    documents: ({ flyWires, effectReviews }) => [
      { kind: 'initiative', href: `/v1/initiatives/${id}` },
      { kind: 'pack', href: `/v1/initiatives/${id}/pack.md` },
      ...(flyWires as string[]).map((one) => ({ kind: 'fly-wire', href: `/v1/fly-wires/${one}` })),
      ...(effectReviews as string[]).map((one) => ({ kind: 'effect-review', href: `/v1/effect-reviews/${one}` })),
    ],
    links: [
      {
        relation: 'theme',
        kind: 'theme',
        of: sql`select theme_id as id, ${themeName(sql`theme_id`, lang)} as title, 0 as place from initiatives where initiative_id = ${id}`,
      },
      {
        relation: 'whys',
        kind: 'why',
        of: sql`select ${why} from ${whys} as w where tree_id = (select why_tree_id from initiatives where initiative_id = ${id})`,
      },
      {
        relation: 'validations',
        kind: 'validation',
        of: sql`select ${validation(lang)} from ${validations} as v where initiative_id = ${id}`,
      },
      { relation: 'sops', kind: 'sop', of: sql`select ${sop(lang)} from ${sops} where s.initiative_id = ${id}` },
    ],
  }),
  validation: (id, lang) => ({
    self: sql`select ${themeName(sql`theme_id`, lang)} || coalesce(': ' || verdict, '') as title, jsonb_build_object('verdict', verdict,
      'metric', metric, 'expectedChange', expected_change, 'registeredAt', registered_at, 'concludedAt', concluded_at) as facts
      from ${validations} as v where validation_id = ${id}`,
    documents: () => [{ kind: 'validation', href: `/v1/validations/${id}` }],
    links: [
      {
        relation: 'theme',
        kind: 'theme',
        of: sql`select theme_id as id, ${themeName(sql`theme_id`, lang)} as title, 0 as place from validations where validation_id = ${id}`,
      },
      {
        relation: 'initiative',
        kind: 'initiative',
        of: sql`select ${initiative} from initiatives i where initiative_id = (select initiative_id from ${validations} as v where validation_id = ${id})`,
      },
      {
        relation: 'registered-with',
        kind: 'validation',
        of: sql`select ${validation(lang)} from ${validations} as v
          where registration_id = (select registration_id from validations where validation_id = ${id}) and validation_id <> ${id}`,
      },
      { relation: 'sops', kind: 'sop', of: sql`select ${sop(lang)} from ${sops} where s.validation_id = ${id}` },
    ],
  }),
  sop: (id, lang) => ({
    self: sql`select ${lang === 'zh' ? sql`title_zh` : sql`title_en`} as title, jsonb_build_object('version', version, 'validFrom', valid_from,
      'ownerId', owner_id, 'decision', decision, 'retiredAt', retired_at) as facts from ${sops} where s.sop_id = ${id}`,
    documents: () => [{ kind: 'sop', href: `/v1/sops/${id}` }],
    links: [
      {
        relation: 'initiative',
        kind: 'initiative',
        of: sql`select ${initiative} from initiatives i join sops s using (initiative_id) where s.sop_id = ${id}`,
      },
      {
        relation: 'proof',
        kind: 'validation',
        of: sql`select ${validation(lang)} from ${validations} as v where validation_id = (select validation_id from sops where sop_id = ${id})`,
      },
    ],
  }),
};
