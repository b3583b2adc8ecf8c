import type { Database, Tx } from '@heard/bus/log';
import { sql } from 'kysely';
import type { Label } from './labels.ts';

export interface KeptLabel extends Label {
  span: { start: number; end: number } | null;
  frameVersion: number;
  modelNamed: boolean | null;
  by: string;
  at: Date;
}

/** Every label of one comment, oldest first. */
export async function readLabels(db: Database | Tx, feedbackId: string): Promise<KeptLabel[]> {
  return (await labelsOf(db, [feedbackId])).get(feedbackId) ?? [];
}

/** The labels of comments that have any, oldest first. */
export async function labelsOf(db: Database | Tx, feedbackIds: readonly string[]): Promise<Map<string, KeptLabel[]>> {
  const { rows } = await sql<KeptLabel & { feedbackId: string }>`
    select feedback_id as "feedbackId", theme_id as "themeId", is_removed as "isRemoved", frame_version as "frameVersion", model_named as "modelNamed",
           case when span_start is not null then jsonb_build_object('start', span_start, 'end', span_end) end as span,
           labelled_by as by, labelled_at as at
      from comment_labels where feedback_id = any (${feedbackIds}::uuid[]) order by label_id`.execute(db);
  return Map.groupBy(rows, (row) => row.feedbackId);
}
