import * as z from 'zod';
import { targetsFromJson } from './targets.ts';

/** What a service that sends notifications reads from its environment, besides what every service does. */
export const NotificationsConfig = z.object({
  NOTIFICATION_TARGETS: z
    .string()
    .default('')
    .pipe(targetsFromJson)
    .describe('JSON: where people are told, by name; see packages/notifications. Nothing: only in the application.'),
  CONSOLE_URL: z
    .union([z.literal(''), z.url({ protocol: /^https?$/ })])
    .default('')
    .describe('Where people open the console; messages link to it.'),
});
export type NotificationsConfig = z.infer<typeof NotificationsConfig>;
