import type { Kind } from '@heard/imports/records';

/** One item on its way; `json` is its value as it is sent. */
export interface Item {
  file: string;
  line: number;
  kind: Kind;
  customerId: string;
  value: unknown;
  json: string;
}

export interface Verdict {
  status: 'accepted' | 'duplicate' | 'superseded' | 'rejected' | 'sent';
  reject?: Reason;
}

export interface Sink {
  /** Batches that may be on their way at once. */
  lanes: number;
  /** One verdict per item, in order. */
  send(kind: Kind, items: readonly Item[]): Promise<Verdict[]>;
  close(): Promise<void>;
}

export interface Reason {
  field: string;
  message: string;
}

export interface Reject extends Reason {
  file: string;
  line: number;
}

/** "score.value: must be …" names its field; a detail that does not is told under its code. */
export function reasonOf({ code, detail }: { code: string; detail: string }): Reason {
  const [, field, message] = /^([\w.-]+): (.*)$/s.exec(detail) ?? [];
  return field ? { field, message: message! } : { field: code, message: detail };
}
