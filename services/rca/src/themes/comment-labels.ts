import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { NotFound } from '@heard/service/http';
import type { CodeFrame } from '@heard/themes/frame';
import { sql } from 'kysely';
import { type KeptLabel, readLabels } from './kept-labels.ts';
import { goesOnIn, labelled } from './labels.ts';
import { checkThemes, servedFrame } from './served-frame.ts';
import { lockThemes } from './wanted-frames.ts';

interface Row {
  version: number;
  document: CodeFrame;
  primary: string | null;
  mentions: string[];
  uncertain: boolean;
}

/**
 * Writes down what an analyst says, and changes the themes of the comment by every version of the frame. Throws NotFound,
 * and Rejection `unknown-theme` or `span-outside`.
 */
export async function writeLabel(
  tx: Tx,
  feedbackId: string,
  label: Pick<KeptLabel, 'themeId' | 'isRemoved' | 'span' | 'by' | 'at'>,
): Promise<void> {
  // Whoever assigns themes reads the labels behind the same lock, so none is missed.
  await lockThemes(tx);
  const { themeId, isRemoved, span, by, at } = label;
  const { rows: said } = await sql<{ comment: string | null }>`
    select comment from comments where feedback_id = ${feedbackId} for update`.execute(tx);
  if (!said[0]?.comment) throw new NotFound('There is no such comment.');
  if (span && span.end > said[0].comment.length) {
    throw new Rejection('span-outside', `the comment ends at ${said[0].comment.length}`);
  }
  const frame = await servedFrame(tx);
  checkThemes(frame, [themeId]);
  const { rows } = await sql<Row>`
    select f.version, f.document, t.primary_theme as "primary", t.mentions, t.uncertain
      from comment_themes t join code_frames f on f.version = t.frame_version where t.feedback_id = ${feedbackId}`.execute(
    tx,
  );
  const before = await readLabels(tx, feedbackId);
  const same = before.findLast((one) => one.themeId === themeId);
  const row = rows.find(({ version }) => version === frame.version);
  const unlabelled = row ? row.mentions.includes(themeId) : null;
  const modelNamed = !same ? unlabelled : same.frameVersion === frame.version ? same.modelNamed : null;
  await sql`insert into comment_labels (feedback_id, theme_id, is_removed, span_start, span_end, frame_version, model_named, labelled_by, labelled_at)
    values (${feedbackId}, ${themeId}, ${isRemoved}, ${span?.start ?? null}, ${span?.end ?? null}, ${frame.version}, ${modelNamed},
      ${by}, ${at.toISOString()})`.execute(tx);
  for (const { version, document, ...assignment } of rows) {
    const { primary, mentions, uncertain } = labelled(assignment, [...before, label], goesOnIn(document));
    await sql`update comment_themes set primary_theme = ${primary}, mentions = ${mentions}::text[], uncertain = ${uncertain}
      where frame_version = ${version} and feedback_id = ${feedbackId}`.execute(tx);
  }
}
