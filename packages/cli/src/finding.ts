import type { Tx } from '@heard/bus/log';
import { sql } from 'kysely';

/** One thing that must always be true, and whether it is. `broken` counts counter-examples; `example` is the first. */
export interface Finding {
  invariant: string;
  title: string;
  checked: number;
  broken: number;
  example?: string;
  note?: string;
}

/** Looks for counter-examples: rows with an id and why. */
export async function look(
  tx: Tx,
  invariant: string,
  title: string,
  query: { checked: ReturnType<typeof sql>; broken: ReturnType<typeof sql>; note?: string },
): Promise<Finding> {
  const checked = await sql<Record<string, unknown>>`${query.checked}`.execute(tx);
  const { rows } = await sql<{ id: string; why: string; total: string }>`
    select id, why, count(*) over () as total from (${query.broken}) b order by id limit 1`.execute(tx);
  const [first] = rows;
  return {
    invariant,
    title,
    checked: Number(Object.values(checked.rows[0]!)[0]),
    broken: Number(first?.total ?? 0),
    example: first && `${first.id} ${first.why}`,
    note: query.note,
  };
}
