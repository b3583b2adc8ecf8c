import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { type Event, ofType } from '@heard/events/event';
import type { CustomerValue, SurveyResponse } from '@heard/events/inbound';
import { type Service, type StartOptions, startService } from '@heard/service/service';
import { Gathering } from './gathering.ts';
import { registerImports } from './import-routes.ts';
import { type Incoming, type Result, takeResponses, takeValues } from './ingest.ts';
import { type Intake, registerIntake } from './routes.ts';
import { registerSummary } from './summary.ts';

export function start(options: StartOptions) {
  return startService('ingest', wire, options);
}

function wire(service: Service): void {
  const { bus, clock, consume, database, http } = service;
  const gather = <T>(
    take: (tx: Tx, items: Incoming<T>[], now: Date) => Promise<{ results: Result[]; events: Event[] }>,
  ) =>
    new Gathering<Incoming<T>, Result>(
      (items) =>
        database.transaction().execute(async (tx) => {
          const { results, events } = await take(tx, items, clock.now());
          await bus.publish(tx, events);
          return results;
        }),
      { batchSize: 1_000, bound: 20_000, writers: 2 },
    );
  const responses = gather<SurveyResponse>(takeResponses);
  const values = gather<CustomerValue>(takeValues);

  const intake: Intake = {
    responses: (items) => responses.submit(items),
    values: (items) => values.submit(items),
  };
  registerIntake(http, intake);
  registerImports(service, intake);
  registerSummary(http, database);

  if (service.config.BUS === 'kafka') {
    consume({
      topics: ['heard.inbound.survey-responses', 'heard.inbound.customer-values'],
      types: ['survey-response.submitted', 'customer-value.published'],
      async handle(tx, events) {
        const now = clock.now();
        const responses = ofType(events, 'survey-response.submitted');
        const values = ofType(events, 'customer-value.published');
        const taken = [
          await takeResponses(
            tx,
            responses.map((event) => ({ input: event.data, cause: event })),
            now,
          ),
          await takeValues(
            tx,
            values.map((event) => ({ input: event.data, cause: event })),
            now,
          ),
        ];
        const refused = taken.flatMap(({ results }) => results).find(({ status }) => status === 'rejected');
        if (refused?.problem) throw new Rejection(refused.problem.code, refused.problem.detail);
        const published = taken.flatMap((one) => one.events);
        await bus.publish(tx, published);
      },
    });
  }
}
