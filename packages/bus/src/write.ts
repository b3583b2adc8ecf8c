import type { Kysely, RawBuilder } from 'kysely';
import type { AnyDatabase } from './log.ts';

const unread = new WeakSet<readonly unknown[]>();

/**
 * Sends a statement of a transaction without waiting for its end, for what nobody reads. What follows is sent behind it; if
 * it fails, that is the error of the next statement that is waited for, at the latest of the commit.
 */
export async function write(tx: Kysely<AnyDatabase>, statement: RawBuilder<unknown>): Promise<void> {
  const compiled = statement.compile(tx);
  unread.add(compiled.parameters);
  await tx.executeQuery(compiled);
}

/** For the session: whether the statement with these values was given to `write`. */
export function isUnread(values: readonly unknown[]): boolean {
  return unread.has(values);
}
