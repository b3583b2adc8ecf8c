/**
 * CloudEvents 1.0 on Kafka (cloudevents/spec, kafka-protocol-binding): binary and structured mode in, binary out.
 * Headers here are name -> UTF-8 text; the value is the data (binary) or the whole event (structured).
 */
export interface Message {
  headers: Record<string, string>;
  value: string | null;
}

/** The attributes of an event without its data, as text: extensions that came as a number or boolean are written out. */
export type Attributes = { id: string; type: string; source: string; time?: string; subject?: string } & Record<
  string,
  string | undefined
>;

const required = ['id', 'type', 'source'];

export class NotACloudEvent extends Error {
  override name = 'NotACloudEvent';
}

/** Throws NotACloudEvent with what is wrong. A message without a value (a tombstone) has the data null. */
export function readMessage(message: Message): { attributes: Attributes; data: unknown } {
  const contentType = message.headers['content-type'] ?? message.headers['Content-Type'] ?? '';
  if (/^application\/cloudevents-batch/i.test(contentType)) {
    throw new NotACloudEvent('a batch of events is not taken: send one event per message');
  }
  if (/^application\/cloudevents/i.test(contentType)) {
    const { data, data_base64, ...attributes } = parseJson(message.value, 'the structured event');
    return { attributes: checked(attributes), data: typeof data_base64 === 'string' ? decoded(data_base64) : data };
  }
  return {
    attributes: checked(message.headers, attributeOf),
    data: message.value === null ? null : parseJson(message.value, 'data'),
  };
}

/** Headers are always the same few: names that were looked up before are found quicker, and so is what they name. */
const attributeNames = new Map<string, string | undefined>();

function attributeOf(header: string): string | undefined {
  if (attributeNames.has(header)) return attributeNames.get(header);
  const name = header.startsWith('ce_') ? header.slice(3) : header === 'traceparent' ? header : undefined;
  if (attributeNames.size < 100) attributeNames.set(header, name);
  return name;
}

const headerNames = new Map<string, string>();

function headerOf(name: string): string {
  let header = headerNames.get(name);
  if (!header) {
    header = name === 'traceparent' ? name : `ce_${name}`;
    if (headerNames.size < 100) headerNames.set(name, header);
  }
  return header;
}

/** An event as Heard writes it; attributes that are undefined are left out. */
export function binaryMessage(attributes: Attributes, data: string): Message {
  const headers: Record<string, string> = { 'content-type': 'application/json', ce_specversion: '1.0' };
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined) headers[headerOf(name)] = value;
  }
  return { headers, value: data };
}

/** What of `given` is an attribute, by the name that `nameOf` gives it, or throws. */
function checked(
  given: Record<string, unknown>,
  nameOf: (name: string) => string | undefined = (name) => name,
): Attributes {
  const read: Record<string, string> = {};
  let specversion: unknown;
  for (const key in given) {
    const name = nameOf(key);
    const value = given[key];
    if (name === 'specversion') specversion = value;
    else if (name === undefined || value === null || value === undefined) continue;
    else if (typeof value === 'boolean' || typeof value === 'number') {
      if (!required.includes(name)) read[name] = String(value);
    } else if (typeof value === 'string' && !unprintable.test(value)) read[name] = value;
    else throw new NotACloudEvent(`not a CloudEvent 1.0: the attribute ${nameable(name)} must be plain text`);
  }
  const missing = required.filter((name) => !read[name]);
  if (specversion !== '1.0') missing.unshift('specversion');
  if (missing.length > 0) throw new NotACloudEvent(`not a CloudEvent 1.0: check the attributes ${missing.join(', ')}`);
  return read as Attributes;
}

/** CloudEvents §3.1: no control characters, no half surrogate pairs. Neither could stand in a header or in jsonb. */
const unprintable = /[\p{Cc}\p{Cs}]/u;

function nameable(name: string): string {
  return unprintable.test(name) ? 'with an unprintable name' : name;
}

function decoded(base64: string): unknown {
  return parseJson(Buffer.from(base64, 'base64').toString('utf8'), 'data_base64');
}

function parseJson(text: string | null, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    throw new NotACloudEvent(`${what} is not JSON`);
  }
  if (typeof value !== 'object' || value === null) throw new NotACloudEvent(`${what} is not a JSON object`);
  return value as Record<string, unknown>;
}
