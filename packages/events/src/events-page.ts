import { contractOf } from './asyncapi.ts';
import type { JsonSchema } from './json-schema.ts';
import { consumers, type TopicName, topics } from './registry.ts';
import { topicNotes } from './topic-notes.ts';

/** docs/events.md: every topic with its writer, readers and events, field by field. */
export function eventsPage(): string {
  const names = Object.keys(topics) as TopicName[];
  return `${[
    '# Events',
    '<!-- Generated from packages/events by `npm run generate`; do not edit. -->',
    intro,
    ['| topic | written by | read by | key | kept |', '|---|---|---|---|---|', ...names.map(row)].join('\n'),
    ...names.flatMap((topic) => [
      `## ${topic}`,
      topicNotes[topic].says,
      ...Object.keys(topics[topic].events).flatMap((type) => section(topic, type)),
    ]),
  ].join('\n\n')}\n`;
}

const intro = `Events are [CloudEvents 1.0](https://github.com/cloudevents/spec) on Kafka. Heard writes binary mode: the attributes
are headers (\`ce_id\`, \`ce_type\` …), the value is the data as JSON. It reads binary and structured mode. A JSON Schema
for each type and an AsyncAPI 3.0 document are in [packages/events/contracts](../packages/events/contracts), complete
examples in [packages/events/examples](../packages/events/examples).

| header | on | says |
|---|---|---|
| \`ce_specversion\` | every event | \`1.0\` |
| \`ce_id\` | every event | names this event; the same after a retry |
| \`ce_type\` | every event | \`<thing>.<past participle>\`; an additive change keeps it, a breaking one is \`<type>.v2\` beside it |
| \`ce_source\` | every event | who wrote it: \`/heard/triage\`; outside systems take a name of their own |
| \`ce_time\` | events of Heard | when it happened |
| \`ce_subject\` | events of Heard | the key of the message |
| \`ce_correlationid\` | most events of Heard | the feedback that started it all |
| \`ce_causationid\` | most events of Heard | the event before this one |
| \`ce_sequence\` | events of Heard, on Kafka | 1, 2, 3 … per topic and partition: a copy sent twice is known by it |
| \`traceparent\` | where the first sender gave one | W3C Trace Context, handed on from event to event |
| \`content-type\` | every event | \`application/json\`, or \`application/cloudevents+json\` in structured mode |

Heard adds fields, so readers must ignore those they do not know. On the public inbound topics it is the other way
round: a field Heard does not know is refused, because a misspelt score must not be dropped quietly. 🔒 marks personal
data and customer text (\`x-heard-personal\` in the schemas).`;

function row(topic: TopicName): string {
  const { writer, compacted } = topics[topic];
  const { key, writtenBy, readBy } = topicNotes[topic];
  const readers = Object.entries(consumers).flatMap(([service, read]) =>
    (read as readonly string[]).includes(topic) ? [service] : [],
  );
  if (readBy) readers.push(readBy);
  const kept = compacted ? 'compacted' : 'as the broker is set';
  return `| [\`${topic}\`](#${topic.replaceAll('.', '')}) | ${writer ?? writtenBy} | ${readers.join(', ') || '–'} | ${key} | ${kept} |`;
}

function section(topic: TopicName, type: string): string[] {
  const schema = contractOf(topic, type);
  const rows = fields(schema, '', true).map(
    ({ name, required, says, field }) => `| \`${name}\`${required ? '' : ' ?'} | ${kind(field)} | ${says} |`,
  );
  return [`### ${type}`, schema.description ?? '', ['| field | is | |', '|---|---|---|', ...rows].join('\n')];
}

interface Row {
  name: string;
  required: boolean;
  says: string;
  field: JsonSchema;
}

/** One row per field; those inside an object follow it as `score.value`, those in a list as `hits[].term`. */
function fields(schema: JsonSchema, prefix: string, isRequired: boolean): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const name = prefix + key;
    const required = isRequired && (schema.required ?? []).includes(key);
    const notes = [
      field['x-heard-personal'] ? '🔒' : '',
      field.description ?? '',
      'default' in field ? `Default: \`${JSON.stringify(field.default)}\`.` : '',
    ];
    const inner = field.items?.properties ? fields(field.items, `${name}[].`, true) : fields(field, `${name}.`, true);
    return [{ name, required, says: notes.filter(Boolean).join(' '), field }, ...inner];
  });
}

function kind(field: JsonSchema): string {
  const variants = field.anyOf ?? field.oneOf;
  if (variants) return variants.map(kind).join(' or ');
  if (Array.isArray(field.type)) return field.type.map((type) => kind({ ...field, type })).join(' or ');
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(' ');
  if (field.type === 'array') return `list of ${kind(field.items ?? {})}`;
  if (field.format === 'date-time') return 'instant';
  if (field.format) return String(field.format);
  if (field.type === 'object' && typeof field.additionalProperties === 'object') {
    return `names and ${kind(field.additionalProperties)} values`;
  }
  if (field.type === 'integer') return `whole number${range(field)}`;
  if (field.type === 'string' && field.maxLength) return `text, at most ${field.maxLength}`;
  return (
    { string: 'text', number: 'number', boolean: 'yes or no', object: 'object', null: 'null' }[field.type!] ?? 'any'
  );
}

function range({ minimum, maximum }: JsonSchema): string {
  const from = minimum !== Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const to = maximum !== Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (from !== undefined && to !== undefined) return ` ${from}–${to}`;
  return from !== undefined ? ` from ${from}` : '';
}
