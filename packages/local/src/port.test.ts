import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { findPort } from './port.ts';

test('a free port is none that the system gives to outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => findPort()));
  for (const port of ports) expect(port).toBeLessThan(32_768);
  expect(new Set(ports).size).toBeGreaterThan(15);
});

test('a port that is wanted is that one, or a clear error', async () => {
  const port = await findPort();
  expect(await findPort(port)).toBe(port);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port: taken } = server.address() as AddressInfo;
  await expect(findPort(taken)).rejects.toThrow(`Port ${taken} of 127.0.0.1 is taken by another program`);
});
