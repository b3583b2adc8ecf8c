import { connectKafka } from '@heard/bus/kafka';
import { createTopics } from '@heard/bus/kafka-topics';
import { defaultPartitions } from '@heard/bus/log';
import { presetPolicy } from '@heard/policy/policy';
import { migrate } from '@heard/service/migration';
import { publishPolicy } from '@heard/service/policy-publication';
import { Command } from 'commander';

/** The one-shot job of a deployment: schema, roles, topics and a first policy. Safe to run at every deployment. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description(
      'make or update schemas, roles and topics of a deployment (DATABASE_ADMIN_URL, APP_PASSWORD, BUS, KAFKA_BROKERS)',
    )
    .option('--partitions <number>', 'partitions per topic; fixed once made', String(defaultPartitions))
    .option('--replication <number>', 'copies of each partition on Kafka', '1')
    .action(run);
}

async function run(flags: { partitions: string; replication: string }): Promise<void> {
  const {
    DATABASE_ADMIN_URL: adminUrl,
    APP_PASSWORD: appPassword,
    BUS: bus = 'postgres',
    KAFKA_BROKERS = '',
  } = process.env;
  if (!adminUrl || !appPassword) throw new Error('DATABASE_ADMIN_URL and APP_PASSWORD must be set');
  if (bus !== 'postgres' && bus !== 'kafka') throw new Error(`BUS must be postgres or kafka, not ${bus}`);
  const brokers = KAFKA_BROKERS.split(',').filter(Boolean);
  if (bus === 'kafka' && brokers.length === 0) throw new Error('KAFKA_BROKERS must be set when BUS=kafka');
  const partitions = Number(flags.partitions);
  const log = (_level: string, message: string) => void process.stderr.write(`${message}\n`);
  const { applied } = await migrate({ adminUrl, appPassword, partitions });
  if (bus === 'kafka') {
    await createTopics(
      connectKafka({ brokers, clientId: 'heard.migrate', log }),
      partitions,
      Number(flags.replication),
    );
  }
  const version = await publishPolicy(presetPolicy(), {
    adminUrl,
    driver: bus,
    brokers,
    onlyIfNone: true,
    now: new Date(),
    log,
  });
  process.stdout.write(`${applied.length} migrations applied; policy version ${version} is in force\n`);
}
