import { type RawBuilder, sql } from 'kysely';

/**
 * A column of values for `rows from (…)`: its rows are text, to be cast where they are selected. Splitting lines costs
 * half of what an array does, here and in PostgreSQL. null and undefined are null; throws for text that is empty or has
 * more than one line, which would move all below it.
 */
export function lines(values: readonly (string | number | null | undefined)[]): RawBuilder<string> {
  for (const value of values) {
    if (typeof value === 'string' && (value === '' || value.includes('\n')))
      throw new Error('a value of a column is empty or has more than one line');
  }
  return sql`string_to_table(${values.map((value) => value ?? '').join('\n')}, E'\n', '')`;
}
