import * as z from 'zod';

/**
 * CloudEvents 1.0 on Kafka (cloudevents/spec, kafka-protocol-binding): binary and structured mode in, binary out.
 * Headers here are name -> UTF-8 text; the value is the data (binary) or the whole event (structured).
 */
export interface Message {
  headers: Record<string, string>;
  value: string | null;
}

/** The attributes of an event without its data. Extensions are kept as they came. */
export type Attributes = { id: string; type: string; source: string; time?: string; subject?: string } & Record<
  string,
  string | undefined
>;

const required = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  type: z.string().min(1),
  source: z.string().min(1),
});

export class NotACloudEvent extends Error {
  override name = 'NotACloudEvent';
}

export function readMessage(message: Message): { attributes: Attributes; data: unknown } {
  const contentType = message.headers['content-type'] ?? '';
  if (/^application\/cloudevents/i.test(contentType)) {
    const { data, ...attributes } = parseJson(message.value, 'the structured event') as Record<string, unknown>;
    return { attributes: checked(attributes), data };
  }
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (name.startsWith('ce_')) attributes[name.slice(3)] = value;
    else if (name === 'traceparent') attributes.traceparent = value;
  }
  return { attributes: checked(attributes), data: message.value === null ? null : parseJson(message.value, 'data') };
}

export function binaryMessage(attributes: Attributes, data: string): Message {
  const headers: Record<string, string> = { 'content-type': 'application/json', ce_specversion: '1.0' };
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    headers[name === 'traceparent' ? name : `ce_${name}`] = value;
  }
  return { headers, value: data };
}

function checked(attributes: object): Attributes {
  const result = required.safeParse(attributes);
  if (!result.success) {
    const missing = result.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new NotACloudEvent(`not a CloudEvent 1.0: check the attributes ${missing}`);
  }
  const { specversion: _, ...rest } = result.data;
  return rest as Attributes;
}

function parseJson(text: string | null, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    throw new NotACloudEvent(`${what} is not JSON`);
  }
  if (typeof value !== 'object' || value === null) throw new NotACloudEvent(`${what} is not a JSON object`);
  return value;
}
