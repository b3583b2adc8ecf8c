/**
 * What is told to one person. Plain text only: nothing in `subject` or `lines` is markup on any channel, whoever wrote
 * it, so nobody can be mentioned, nor a link be dressed up, from a customer's words. Who is mentioned is the address.
 */
export interface Message {
  /** The same for every attempt: what receivers recognise a repetition by. */
  id: string;
  subject: string;
  lines: string[];
  severity: 'page' | 'push' | 'digest' | 'customer';
  /** Where to look, from our own configuration. */
  link?: string;
}

export interface Delivered {
  /** The receiver's own name for the message, where it gives one. */
  reference?: string;
}

/** One way to reach people. */
export interface Channel {
  /**
   * Sends one message once, in at most 40 s. `address` is whom: see `addressProblem` in targets.ts. Throws Refused or
   * NotNow, whose messages hold no secret, address or text.
   */
  send(message: Message, address: string): Promise<Delivered>;
  close(): void;
}

/** The answer is no, and will be no for this message however often it is sent: bad key, bad address, gone. */
export class Refused extends Error {
  override name = 'Refused';
}

/** Away, busy or throttled: to be sent again, not before `retryAfterMs` where the other side said so. */
export class NotNow extends Error {
  override name = 'NotNow';
  readonly retryAfterMs: number | undefined;
  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}
