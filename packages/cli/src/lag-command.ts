import { connectKafka } from '@heard/bus/kafka';
import { publicTopicLag } from '@heard/bus/kafka-topics';
import { readLag } from '@heard/bus/log';
import { openDatabase } from '@heard/service/database';
import { Command } from 'commander';
import { findTarget } from './target.ts';

export function lagCommand(): Command {
  return new Command('lag')
    .description('how far each consumer is behind; the consumer `relay` is what has still to reach Kafka')
    .option('--data <folder>', 'the folder npm start keeps its data in', '.heard')
    .option('--json', 'print JSON')
    .action(run);
}

async function run(flags: { data: string; json?: true }): Promise<void> {
  const { adminUrl, bus, brokers } = findTarget(flags.data, process.env);
  const database = openDatabase({ url: adminUrl, schema: 'bus', connections: 2, onError: () => {} });
  try {
    const own = Map.groupBy(await readLag(database), (one) => `${one.consumer} ${one.topic}`);
    const rows = [...own.values()].map((parts) => ({
      consumer: parts[0]!.consumer,
      topic: parts[0]!.topic,
      partitions: parts.length,
      lag: parts.reduce((sum, one) => sum + one.lag, 0),
    }));
    if (bus === 'kafka') {
      rows.push(...(await publicTopicLag(connectKafka({ brokers, clientId: 'heard.lag', log: () => {} }), 'ingest')));
    }
    if (flags.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    else
      for (const row of rows)
        process.stdout.write(`${row.consumer.padEnd(18)}${row.topic.padEnd(34)}${String(row.lag).padStart(10)}\n`);
  } finally {
    await database.destroy();
  }
}
