import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { becomeReady } from './house.ts';

let ready = false;
const server = createServer((_request, response) => response.writeHead(ready ? 200 : 503).end());
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
  let program = ended('exit code 75');
  const waiting = becomeReady('triage', url, () => program);
  setTimeout(() => {
    program = runs;
    ready = true;
  }, 200);
  await waiting;
  expect(program).toBe(runs);
});
