import { hash } from 'node:crypto';
import { Rejection } from '@heard/bus/rejection';
import type { CustomerValue, SurveyResponse } from '@heard/events/inbound';
import type { CustomerValueChanged, FeedbackReceived } from '@heard/events/ingest';
import { stableId } from '@heard/events/names';

/**
 * What an accepted input becomes, the same by whatever route it came.
 *
 * A response is named by (source, externalId) for ever. The same name and revision with the same content is a duplicate;
 * with another content it is refused, because one of the two is wrong and we cannot know which. A higher revision is a
 * correction; a lower one comes too late and changes nothing.
 */
export type Verdict = 'accepted' | 'duplicate' | 'superseded' | 'conflict';

export interface Stored {
  revision: number;
  fingerprint: string;
}

/** Compares an input with what is stored under its name. `undefined` stored: nothing is. */
export function judge(input: Stored, stored: Stored | undefined): Verdict {
  if (!stored || input.revision > stored.revision) return 'accepted';
  if (input.revision < stored.revision) return 'superseded';
  return input.fingerprint === stored.fingerprint ? 'duplicate' : 'conflict';
}

const tolerance = 5 * 60_000;

export function normaliseResponse(input: SurveyResponse, now: Date): FeedbackReceived {
  return {
    ...input,
    occurredAt: pastInstant(input.occurredAt, now),
    attributes: sorted(input.attributes),
    feedbackId: stableId('feedback', input.source, input.externalId),
    receivedAt: now.toISOString(),
  };
}

export function normaliseValue(input: CustomerValue, now: Date): CustomerValueChanged {
  const occurredAt = pastInstant(input.occurredAt, now);
  return {
    ...input,
    occurredAt,
    version: input.version ?? Math.max(0, Date.parse(occurredAt)),
    receivedAt: now.toISOString(),
  };
}

/** A short digest of everything the sender said. */
export function fingerprint(input: FeedbackReceived | CustomerValueChanged): string {
  const { receivedAt: _, ...said } = input;
  return hash('sha256', JSON.stringify(said), 'base64url').slice(0, 22);
}

/** Clocks differ by minutes; a response from tomorrow is a mistake that would stop every later one from counting. */
function pastInstant(instant: string, now: Date): string {
  const time = Date.parse(instant);
  if (time > now.getTime() + tolerance)
    throw new Rejection('in-the-future', `occurredAt: lies in the future (${instant})`);
  return new Date(time).toISOString();
}

function sorted(attributes: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
}
