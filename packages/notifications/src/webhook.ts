import { Webhook } from 'standardwebhooks';
import type { Channel } from './message.ts';
import { clean, truncate } from './plain-text.ts';
import { judgeStatus, openRequester } from './request.ts';
import type { Target } from './targets.ts';

/**
 * Standard Webhooks (github.com/standard-webhooks): `{type, timestamp, data}`, signed, `webhook-id` the same for every
 * attempt. A `webhook` gets `notification.<severity>` with the whole message, an `sms` gateway `sms.requested` with
 * number and text; which provider, signature and template to use is the gateway's own business. Text is as it was
 * written, for the receiver to escape.
 */
export function openWebhook(target: Extract<Target, { kind: 'webhook' | 'sms' }>): Channel {
  const { send, close } = openRequester(target.kind, target.allowPrivate);
  const signer = new Webhook(target.secret);
  return {
    async send(message, address) {
      const at = new Date();
      const lines = message.lines.map(clean);
      const body = JSON.stringify(
        target.kind === 'sms'
          ? {
              type: 'sms.requested',
              timestamp: at.toISOString(),
              data: {
                to: address,
                text: truncate([clean(message.subject), ...lines].filter(Boolean).join('\n'), 1_000),
              },
            }
          : {
              type: `notification.${message.severity}`,
              timestamp: at.toISOString(),
              data: {
                id: message.id,
                to: address,
                subject: truncate(clean(message.subject), 250),
                text: truncate(lines.join('\n'), 9_000),
                link: message.link,
              },
            },
      );
      const answer = await send(new URL(target.url), body, {
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': signer.sign(message.id, at, body),
      });
      judgeStatus(target.kind, answer);
      return {};
    },
    close,
  };
}
