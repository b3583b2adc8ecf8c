import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { kafkaSink } from './replay-kafka.ts';
import { findBrokers, targetFile } from './target.ts';

test('the brokers are those of the environment, or of what was started in the folder, or none', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'heard-target-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  expect(findBrokers(dir, {})).toEqual([]);
  await expect(kafkaSink(findBrokers(dir, {}))).rejects.toThrow('nothing runs on Kafka there');
  writeFileSync(targetFile(dir), JSON.stringify({ brokers: ['127.0.0.1:7492'] }));
  expect(findBrokers(dir, {})).toEqual(['127.0.0.1:7492']);
  expect(findBrokers(dir, { KAFKA_BROKERS: 'a:1,b:2,' })).toEqual(['a:1', 'b:2']);
});
