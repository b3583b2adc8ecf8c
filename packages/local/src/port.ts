import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of 127.0.0.1 that is free now: `wanted`, or any. Throws one sentence when the wanted one is taken. */
export async function findPort(wanted = 0): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted || randomInt(lowest, highest);
    try {
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
      return port;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (!wanted && attempt < 100) continue;
      const why = code === 'EADDRINUSE' ? 'is taken by another program; stop that one or' : `cannot be used (${code});`;
      throw new Error(`Port ${port} of 127.0.0.1 ${why} choose another port.`, { cause });
    }
  }
}

/**
 * Below the ports that systems give to outgoing connections (Linux from 32,768, others from 49,152): one of those might be
 * gone before a service that takes seconds to start listens on it.
 */
const [lowest, highest] = [10_000, 32_000] as const;
