import type { Database } from '@heard/bus/log';
import { type RawBuilder, sql } from 'kysely';

const page = 5_000;

export interface Text {
  comment: string;
  /** The feedback that says so, ascending; empty where nobody asked for it. */
  ids: string[];
}

/**
 * The different texts of the comments for which `condition` on `c` holds, at most `most` of them, and how many comments
 * were looked at. Texts are drawn by what they say: the same corpus is the same sample in whatever order it came.
 */
export async function sampleTexts(
  database: Database,
  condition: RawBuilder<boolean>,
  most: number,
  withIds: boolean,
): Promise<{ texts: Text[]; comments: number }> {
  let drawn = new Map<string, Text>();
  let last = '~';
  let comments = 0;
  for (let after: string | null = null; ; ) {
    const { rows }: { rows: { id: string; comment: string; place: string }[] } = await sql<{
      id: string;
      comment: string;
      place: string;
    }>`
      select c.feedback_id as id, c.comment, md5(c.comment) as place from comments c
       where ${condition} and (${after}::uuid is null or c.feedback_id > ${after}::uuid)
       order by c.feedback_id limit ${page}`.execute(database);
    comments += rows.length;
    for (const { id, comment, place } of rows) {
      if (place > last) continue;
      const text = drawn.get(place) ?? { comment, ids: [] };
      if (withIds) text.ids.push(id);
      drawn.set(place, text);
    }
    if (drawn.size > most * 2 || rows.length < page) {
      const kept = [...drawn].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, most);
      // What has been left out stays out: whoever comes later must stand before the last one kept.
      if (kept.length < drawn.size) last = kept.at(-1)![0];
      drawn = new Map(kept);
    }
    if (rows.length < page) return { texts: [...drawn.values()], comments };
    after = rows.at(-1)!.id;
  }
}
