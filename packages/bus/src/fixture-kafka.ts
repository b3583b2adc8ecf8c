import { KafkaUnavailable, type LocalKafka, startKafka } from '../../local/src/kafka.ts';
import type { Driver } from './fixture.ts';

export interface Found {
  kafka: LocalKafka | undefined;
  /** What stands in the name of a suite: nothing, or why it is skipped. */
  why: string;
}

/** A Kafka for one test file, because the names of the topics are everybody's; tried before suites are named. */
export async function findKafka(): Promise<Found> {
  try {
    return { kafka: await startKafka({ settings: { 'group.min.session.timeout.ms': '1000' } }), why: '' };
  } catch (error) {
    if (!(error instanceof KafkaUnavailable) || process.env.CI === 'true') throw error;
    return { kafka: undefined, why: `: ${error.message}` };
  }
}

/** Both drivers, with what `describe.skipIf` and the suite's name need. */
export function driversOf({ kafka, why }: Found): { driver: Driver; missing: boolean; why: string }[] {
  return [
    { driver: 'postgres', missing: false, why: '' },
    { driver: 'kafka', missing: !kafka, why },
  ];
}
