import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { type Cause, type Event, newEvent } from '@heard/events/event';
import type { CustomerValue, SurveyResponse } from '@heard/events/inbound';
import type { CustomerValueChanged, FeedbackReceived } from '@heard/events/ingest';
import { normaliseResponse, normaliseValue } from './intake.ts';
import { type Outcome, storeResponses, storeValues } from './store.ts';

/** What the sender is told. `feedbackId` names the response in every service from now on. */
export interface Result {
  status: 'accepted' | 'duplicate' | 'superseded' | 'rejected';
  feedbackId?: string;
  problem?: { code: string; detail: string };
}

/** An input, with the trace it belongs to. */
export interface Incoming<T> {
  input: T;
  cause?: Cause;
}

/** Stores a batch of responses and makes the events of those that are new. */
export async function takeResponses(
  tx: Tx,
  incoming: readonly Incoming<SurveyResponse>[],
  now: Date,
): Promise<{ results: Result[]; events: Event[] }> {
  return take(tx, incoming, now, normaliseResponse, storeResponses, (input, cause) =>
    newEvent('feedback.received', input.customerId, input, now, { ...cause, correlationid: input.feedbackId }),
  );
}

export async function takeValues(
  tx: Tx,
  incoming: readonly Incoming<CustomerValue>[],
  now: Date,
): Promise<{ results: Result[]; events: Event[] }> {
  return take(tx, incoming, now, normaliseValue, storeValues, (input, cause) =>
    newEvent('customer.value-changed', input.customerId, input, now, cause),
  );
}

async function take<In, T extends FeedbackReceived | CustomerValueChanged>(
  tx: Tx,
  incoming: readonly Incoming<In>[],
  now: Date,
  normalise: (input: In, now: Date) => T,
  store: (tx: Tx, inputs: T[]) => Promise<Outcome<T>[]>,
  received: (input: T, cause: Cause | undefined) => Event,
): Promise<{ results: Result[]; events: Event[] }> {
  const results: Result[] = [];
  const normal: { at: number; input: T }[] = [];
  incoming.forEach(({ input }, at) => {
    try {
      normal.push({ at, input: normalise(input, now) });
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      results[at] = { status: 'rejected', problem: { code: error.code, detail: error.message } };
    }
  });
  const outcomes = await store(
    tx,
    normal.map((one) => one.input),
  );
  const events: Event[] = [];
  outcomes.forEach(({ verdict, input }, i) => {
    const { at } = normal[i]!;
    if (verdict === 'accepted') events.push(received(input, incoming[at]!.cause));
    results[at] = resultOf(verdict, 'feedbackId' in input ? input.feedbackId : undefined);
  });
  return { results, events };
}

function resultOf(verdict: Outcome<unknown>['verdict'], feedbackId: string | undefined): Result {
  if (verdict !== 'conflict') return feedbackId ? { status: verdict, feedbackId } : { status: verdict };
  return {
    status: 'rejected',
    problem: {
      code: 'same-id-other-content',
      detail: feedbackId
        ? 'externalId: this source has sent another content under this id; send a correction with a higher revision'
        : 'version: this customer has another content under this version; send a higher version',
    },
  };
}
