import type { Database } from '@heard/bus/log';
import type { Interval } from '@heard/statistics/interval';
import { wilson } from '@heard/statistics/proportion';
import { sql } from 'kysely';

/** What analysts said of themes against what the model had named, each pair of comment and theme once. */
export interface Agreement {
  comments: number;
  pairs: number;
  agreed: number;
  /** null without pairs. */
  accuracy: Interval | null;
}

export interface Audit {
  /** Of the comments drawn at random. */
  sample: Agreement;
  /** Of every labelled comment: people label what looks wrong, so it lies low. */
  labelled: Agreement;
  /** `wrong`: the model alone named it; `missed`: the analyst alone. */
  themes: { themeId: string; confirmed: number; wrong: number; missed: number }[];
  items: { feedbackId: string; comment: string; primary: string | null; mentions: string[]; isLabelled: boolean }[];
}

/**
 * How often labels agree with one version of the frame, and a sample to label: by a hash of comment and version, so
 * random, and the same for everybody who asks. `size` comments are drawn.
 */
export async function audit(
  database: Database,
  frameVersion: number,
  size: number,
  confidence: number,
): Promise<Audit> {
  const { rows: items } = await sql<Audit['items'][number]>`
    select c.feedback_id as "feedbackId", c.comment, t.primary_theme as "primary", t.mentions,
           exists (select from comment_labels l where l.feedback_id = c.feedback_id and l.frame_version = t.frame_version) as "isLabelled"
      from comment_themes t join comments c using (feedback_id)
     where t.frame_version = ${frameVersion} and c.comment <> ''
     order by md5(t.frame_version || c.feedback_id::text) limit ${size}`.execute(database);
  const drawn = items.map(({ feedbackId }) => feedbackId);
  const { rows } = await sql<Pair>`
    select distinct on (feedback_id, theme_id) feedback_id as "feedbackId", theme_id as "themeId", not is_removed as said, model_named as named
      from comment_labels where frame_version = ${frameVersion} and model_named is not null
     order by feedback_id, theme_id, label_id desc`.execute(database);
  const themes = Map.groupBy(rows, ({ themeId }) => themeId);
  return {
    sample: agreement(
      rows.filter(({ feedbackId }) => drawn.includes(feedbackId)),
      confidence,
    ),
    labelled: agreement(rows, confidence),
    themes: [...themes]
      .map(([themeId, pairs]) => ({
        themeId,
        confirmed: pairs.filter(({ said, named }) => said && named).length,
        wrong: pairs.filter(({ said, named }) => !said && named).length,
        missed: pairs.filter(({ said, named }) => said && !named).length,
      }))
      .sort((a, b) => (a.themeId < b.themeId ? -1 : 1)),
    items,
  };
}

interface Pair {
  feedbackId: string;
  themeId: string;
  said: boolean;
  named: boolean;
}

function agreement(pairs: readonly Pair[], confidence: number): Agreement {
  const agreed = pairs.filter(({ said, named }) => said === named).length;
  return {
    comments: new Set(pairs.map(({ feedbackId }) => feedbackId)).size,
    pairs: pairs.length,
    agreed,
    accuracy: pairs.length === 0 ? null : wilson({ hits: agreed, of: pairs.length }, confidence),
  };
}
