import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { becomeReady } from './house.ts';

let asked = 0;
let readyAt = Number.POSITIVE_INFINITY;
const server = createServer((_request, response) => response.writeHead(++asked >= readyAt ? 200 : 503).end());
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(() => server.close());

const ended = (how: string) => ({ ended: Promise.resolve(how), output: () => 'starting\nno such policy\n' });
const runs = { ended: new Promise<string>(() => {}), output: () => '' };

test('what cannot start says why', async () => {
  await expect(becomeReady('triage', url, () => ended('exit code 1'))).rejects.toThrow(
    'triage did not start (exit code 1): no such policy',
  );
});

test('what ends to be started again is waited for', async () => {
  asked = 0;
  readyAt = 4;
  await becomeReady('triage', url, () => (asked < 3 ? ended('exit code 75') : runs));
  expect(asked).toBe(4);
});
