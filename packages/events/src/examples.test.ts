import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { contractOf } from './asyncapi.ts';
import { binaryMessage, readMessage } from './cloudevents.ts';
import { readExamples } from './contracts.ts';
import { eventTypes, lookUp, topics } from './registry.ts';

const examples = readExamples();
const structuredMode = { 'content-type': 'application/cloudevents+json' };
const ajv = new Ajv({ strict: false, validateFormats: false });

describe('examples, which must parse for ever', () => {
  it('exist for every event type, under its name', () => {
    expect(new Set(examples.map(({ example }) => example.type))).toEqual(new Set<string>(eventTypes));
    for (const { file, example } of examples) expect(file.startsWith(`${example.type}.`)).toBe(true);
  });

  it.each(examples)('$file is a structured CloudEvent whose data its schema takes', ({ example }) => {
    const { attributes, data } = readMessage({ headers: structuredMode, value: JSON.stringify(example) });
    const { schema, topic } = lookUp(attributes.type)!;
    const parsed = schema.parse(data);
    // Nothing of what Heard publishes is unknown to its own schema.
    if (topics[topic].writer !== null) expect(parsed).toEqual(data);
    const validate = ajv.compile(contractOf(topic, attributes.type));
    expect(validate(data), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each(examples)('$file is the same after binary mode and back', ({ example }) => {
    const read = readMessage({ headers: structuredMode, value: JSON.stringify(example) });
    expect(readMessage(binaryMessage(read.attributes, JSON.stringify(read.data)))).toEqual(read);
  });
});
