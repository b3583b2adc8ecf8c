import { type JsonSchema, jsonSchemaOf } from '@heard/events/json-schema';
import { NotificationsConfig } from '@heard/notifications/configuration';
import { addresses, type Kind, limits } from '@heard/notifications/targets';
import type * as z from 'zod';
import { BaseConfig } from './config.ts';
import { RcaConfig } from './rca-configuration.ts';

function rowsOf(schema: z.ZodObject): string[] {
  const { properties = {}, required = [] } = jsonSchemaOf(schema, 'input');
  return Object.entries(properties).map(([name, field]) => {
    const fallback = required.includes(name) ? 'must be set' : field.default === '' ? '' : `\`${field.default}\``;
    return `| \`${name}\` | ${kind(field)} | ${fallback} | ${field.description ?? ''} |`;
  });
}

/** docs/configuration.md, from the schemas services read their environment by. */
export function configurationPage(): string {
  return `# Configuration

<!-- Generated from packages/service by \`npm run generate\`; do not edit. -->

A service reads its environment, and nothing else, once at its start. It checks everything before it touches anything:
one line names every variable that is wrong. Any of them may be given as \`NAME_FILE\` instead, the path of a file that
holds the value: that is how secrets are mounted.

| variable | is | default | |
|---|---|---|---|
${rowsOf(BaseConfig).join('\n')}

How urgent what is, who is called and how long which clock runs is not configuration: it is the
[policy](../packages/policy/presets/seed-strict.yaml), published with \`npm run heard -- policy publish FILE\`. Its schema
is [policy.schema.json](../packages/events/contracts/policy.schema.json).

## rca: themes to begin with, and printing reports

| variable | is | default | |
|---|---|---|---|
${rowsOf(RcaConfig).join('\n')}

## assignment: where people are told

| variable | is | default | |
|---|---|---|---|
${rowsOf(NotificationsConfig).join('\n')}

A target is \`{"<name>": {"kind": …}}\`; each may have \`"rate": {"perMinute": n}\` and, when it is reached by HTTP,
\`"allowPrivate": true\` for a receiver inside your own network:

| kind | fields | most a minute | an address is |
|---|---|---|---|
${kinds.map(([name, fields]) => `| \`${name}\` | ${fields} | ${limits[name].perMinute} | ${addresses[name].is} |`).join('\n')}

People get \`"notify": [{"target": "<name>", "address": "…"}]\` with \`PUT /v1/people/:personId\`.

## The commands

\`npm start\` sets the variables above for each service it starts (it issues tokens itself: \`npm run heard -- token\`), but \`DATABASE_CONNECTIONS\`, \`LOG_LEVEL\`,
\`BUS_LINGER_MS\`, \`BUS_RETENTION_HOURS\`, \`STALL_SECONDS\` and those of rca and assignment are passed on from where it is started.

| variable | read by | says |
|---|---|---|
| \`KAFKA_BROKERS\` | \`start --bus kafka\`, tests, \`migrate\`, \`replay --via kafka\`, \`lag\`, \`audit\`, \`policy\` | brokers to use; \`start\` and tests run one of their own without it |
| \`DATABASE_ADMIN_URL\` | \`migrate\`, \`lag\`, \`audit\`, \`policy\` | a role that may create schemas and roles (migrate), or read all of them |
| \`APP_PASSWORD\` | \`migrate\` | the password given to every service role |
| \`BUS\` | \`migrate\` | \`kafka\` also creates the topics |
| \`HEARD_URL_INGEST\`, \`HEARD_URL_TRIAGE\` … \`HEARD_URL_SLA_TIMER\` | \`replay\`, \`dead-letters\` | where a service answers, when it is not where \`start\` puts it |
| \`HEARD_TOKEN\` | \`replay\`, \`dead-letters\` | the token they send (also \`--token\`); without it they make one with the key in the data folder |
| \`JAVA_HOME\`, \`XDG_CACHE_HOME\` | a local Kafka from its jars | the Java to use; where the jars are kept |

Without \`DATABASE_ADMIN_URL\` the commands talk to what \`npm start\` runs from the folder \`.heard\` (or \`--data\`).
\`docker-compose.yml\` reads \`POSTGRES_PASSWORD\`, \`APP_PASSWORD\`, \`LOG_LEVEL\`, \`HEARD_JWKS\` (the
path of the key set), \`AUTH_ISSUER\`, \`AUTH_AUDIENCE\`, \`NOTIFICATION_TARGETS\`, \`STARTER_FRAME\` and \`CONSOLE_URL\`.
`;
}

const kinds: [Kind, string][] = [
  ['wecom-robot', '`key`'],
  ['wecom-app', '`corpId`, `secret`, `agentId`'],
  ['feishu-robot', '`url`, `secret`?'],
  ['dingtalk-robot', '`url`, `secret`?'],
  ['slack', '`url`'],
  ['smtp', '`host`, `from`, `port`?, `secure`?, `requireTls`?, `user`?, `password`?'],
  ['sms', '`url`, `secret` of a gateway that takes Standard Webhooks'],
  ['webhook', '`url`, `secret` (Standard Webhooks)'],
];

function kind(field: JsonSchema): string {
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(' ');
  if (field.type !== 'integer') return String(field.pattern ?? '').startsWith('^\\d') ? 'whole number' : 'text';
  const { minimum, maximum } = field as { minimum: number; maximum: number };
  return maximum < Number.MAX_SAFE_INTEGER ? `whole number ${minimum}–${maximum}` : `whole number from ${minimum}`;
}
