import { setTimeout as pause } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import { type Channel, NotNow, Refused } from './message.ts';
import { clean, truncate } from './plain-text.ts';
import { timeoutMs } from './request.ts';
import type { Target } from './targets.ts';

const maxBytes = 100_000;

/** Plain-text mail whose Message-ID is made from the message's id, so that repetitions collapse in the mailbox. */
export function openSmtp(target: Extract<Target, { kind: 'smtp' }>): Channel {
  const transport = createTransport({
    host: target.host,
    port: target.port,
    secure: target.secure,
    requireTLS: target.requireTls && !target.secure,
    auth: target.user === undefined ? undefined : { user: target.user, pass: target.password ?? '' },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = target.from.split('@')[1];
  return {
    async send(message, address) {
      const text = [...message.lines.map(clean), ...(message.link ? ['', message.link] : [])].join('\n');
      const messageId = `<${message.id}@${domain}>`;
      try {
        const sending = transport.sendMail({
          from: target.from,
          to: { name: '', address },
          subject: truncate(clean(message.subject), 250),
          text: truncate(text, maxBytes),
          messageId,
          headers: { 'Auto-Submitted': 'auto-generated' },
          ...(message.severity === 'page' ? { priority: 'high' as const } : {}),
        });
        // The time-outs above are of silence; a server that drips would take for ever.
        await Promise.race([sending, late(3 * timeoutMs)]);
      } catch (error) {
        const { responseCode, code } = error as { responseCode?: number; code?: string };
        const because = `smtp: ${responseCode ?? code ?? 'no answer'}`;
        if (responseCode !== undefined && responseCode >= 500) throw new Refused(because);
        throw new NotNow(because);
      }
      return { reference: messageId };
    },
    close: () => transport.close(),
  };
}

async function late(ms: number): Promise<never> {
  await pause(ms, undefined, { ref: false });
  throw Object.assign(new Error('too slow'), { code: 'ETIMEDOUT' });
}
