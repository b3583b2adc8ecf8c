/**
 * The answer is no, and will be no for ever: over HTTP a 409 with `code`, on the bus a dead letter. Everything else that
 * is thrown means "not now". The message is shown to people, so it names fields and rules, never customer text.
 */
export class Rejection extends Error {
  override name = 'Rejection';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Whether an error is the world's fault (database or broker away, lock lost, time out) and not the event's: such a batch
 * is tried again for ever, whatever it holds. PostgreSQL classes: 08 connection, 25 transaction state (a session killed
 * while idle), 28 and 3D a login or database that is not there now, 40 rollback, 53 resources, 55 object state,
 * 57 operator intervention, 58 system.
 */
export function isNotNow(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof NotYet) return true;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') {
    if (/^(08|25|28|3D|40|53|55|57|58)[0-9A-Z]{3}$/.test(code)) return true;
    if (/^E[A-Z]+$/.test(code)) return true;
  }
  if (
    /connection terminated|connection ended|timeout exceeded|not queryable|Client was closed|cached plan must not change/i.test(
      error.message,
    )
  )
    return true;
  return error.cause !== undefined && isNotNow(error.cause);
}

/** Something the service needs has not arrived yet (its first policy, for instance). */
export class NotYet extends Error {
  override name = 'NotYet';
}
