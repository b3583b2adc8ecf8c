import { createRequire } from 'node:module';
import { expect, test } from 'vitest';

interface FetchSession {
  next(requests: { topic: string; partitions: { partition: number; fetchOffset: string }[] }[]): {
    sessionId: number;
    sessionEpoch: number;
    topics: object[];
    forgottenTopics: object[];
  };
  answered(response: { errorCode: number; sessionId?: number }): boolean;
  reset(): void;
}
const Session = createRequire(import.meta.url)('kafkajs/src/consumer/fetchSession') as new () => FetchSession;

const wanted = (...offsets: string[]) => [
  { topic: 'a', partitions: offsets.map((fetchOffset, partition) => ({ partition, fetchOffset })) },
];

test('the first fetch says everything, the next ones only what has changed', () => {
  const session = new Session();
  expect(session.next(wanted('5', '7'))).toEqual({
    ...{ sessionId: 0, sessionEpoch: 0 },
    topics: wanted('5', '7'),
    forgottenTopics: [],
  });
  expect(session.answered({ errorCode: 0, sessionId: 42 })).toBe(true);
  expect(session.next(wanted('5', '7'))).toEqual({
    ...{ sessionId: 42, sessionEpoch: 1 },
    topics: [],
    forgottenTopics: [],
  });
  session.answered({ errorCode: 0, sessionId: 42 });
  expect(session.next(wanted('5', '9'))).toEqual({
    ...{ sessionId: 42, sessionEpoch: 2 },
    topics: [{ topic: 'a', partitions: [{ partition: 1, fetchOffset: '9' }] }],
    forgottenTopics: [],
  });
});

test('a partition that is somebody else’s now is forgotten', () => {
  const session = new Session();
  session.next(wanted('5', '7'));
  session.answered({ errorCode: 0, sessionId: 42 });
  expect(session.next(wanted('5')).forgottenTopics).toEqual([{ topic: 'a', partitions: [1] }]);
});

test.each([
  ['the broker does not know the session', (session: FetchSession) => session.answered({ errorCode: 70 })],
  ['the broker keeps none', (session: FetchSession) => session.answered({ errorCode: 0, sessionId: 0 })],
  ['nobody knows whether the broker has seen a fetch', (session: FetchSession) => session.reset()],
])('everything is said again when %s', (_, happens) => {
  const session = new Session();
  session.next(wanted('5', '7'));
  session.answered({ errorCode: 0, sessionId: 42 });
  session.next(wanted('6', '7'));
  happens(session);
  const { sessionEpoch, topics } = session.next(wanted('6', '7'));
  expect([sessionEpoch, topics]).toEqual([0, wanted('6', '7')]);
});
