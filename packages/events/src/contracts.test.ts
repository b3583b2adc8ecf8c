import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { asyncApi, contractOf } from './asyncapi.ts';
import { generated, readExamples } from './contracts.ts';
import { keepFresh } from './generated.ts';
import { CustomerValue, SurveyResponse } from './inbound.ts';
import type { JsonSchema } from './json-schema.ts';
import { consumers, eventTypes, lookUp, topics } from './registry.ts';

const document = asyncApi(readExamples().map(({ example }) => example)) as {
  channels: Record<string, { messages: object }>;
  operations: Record<string, { action: string; channel: { $ref: string } }>;
  components: { messages: Record<string, { headers: { schema: JsonSchema }; examples: { headers: object }[] }> };
};
const ajv = new Ajv({ strict: false, validateFormats: false });

describe('the AsyncAPI document', () => {
  it('is valid AsyncAPI 3.0', () => {
    // The specification brings the draft-07 schema of its own.
    const bare = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false, logger: false });
    const validate = bare.compile(specs.schemas['3.0.0'] as object);
    expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  });

  it('has no reference that leads nowhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"(#[^"]+)"/g)].map(([, target]) => target!);
    expect(references.length).toBeGreaterThan(50);
    for (const reference of new Set(references)) {
      const parts = reference.slice(2).split('/');
      const found = parts.reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
      expect(found, reference).toBeDefined();
    }
  });

  it('has every topic and message of the registry, a sender for each and a receiver for each consumer', () => {
    expect(Object.keys(document.channels)).toEqual(Object.keys(topics));
    expect(Object.keys(document.components.messages).sort()).toEqual([...eventTypes].sort());
    const operations = Object.keys(document.operations);
    for (const topic of Object.keys(topics)) {
      expect(operations.filter((name) => name.endsWith(`.send.${topic}`))).toHaveLength(1);
    }
    for (const [service, read] of Object.entries(consumers)) {
      for (const topic of read) expect(operations).toContain(`${service}.receive.${topic}`);
    }
  });

  it('describes the headers of its own examples', () => {
    for (const { headers, examples } of Object.values(document.components.messages)) {
      const validate = ajv.compile(headers.schema);
      for (const example of examples) expect(validate(example.headers), JSON.stringify(validate.errors)).toBe(true);
    }
  });
});

describe('the JSON Schemas', () => {
  it('mark what is personal', () => {
    const marked = eventTypes.flatMap((type) =>
      Object.entries(contractOf(lookUp(type)!.topic, type).properties!)
        .filter(([, field]) => field['x-heard-personal'] === true)
        .map(([name]) => `${type} ${name}`),
    );
    expect(marked).toEqual([
      'survey-response.submitted comment',
      ...['name', 'honorific', 'phone', 'email'].map((name) => `customer-value.published ${name}`),
      'feedback.received comment',
      ...['name', 'honorific', 'phone', 'email'].map((name) => `customer.value-changed ${name}`),
      'feedback.triaged comment',
      'case.promised what',
      'case.help-requested what',
      ...['requested', 'refused', 'reversed'].map((what) => `compensation.${what} reason`),
      'theme.detected words',
      'theme.alarmed words',
    ]);
  });

  const response = { source: 's', externalId: '1', customerId: 'c', occurredAt: '2026-11-05T09:00:00Z' };
  const scored = (scale: string, value: unknown) => ({ ...response, score: { scale, value } });
  it.each<[string, object]>([
    ['the least that is needed', response],
    ['no customer', { ...response, customerId: undefined }],
    ['an empty id', { ...response, externalId: '' }],
    ['an id of 201', { ...response, externalId: 'x'.repeat(201) }],
    ['a line feed in an id', { ...response, customerId: 'a\nb' }],
    ['U+0085 in an id', { ...response, customerId: 'a\u0085b' }],
    ['a misspelt field', { ...response, coment: 'x' }],
    ['an unknown kind', { ...response, kind: 'fax' }],
    ['revision 0', { ...response, revision: 0 }],
    ['a text as revision', { ...response, revision: '1' }],
    ['attributes that are no texts', { ...response, attributes: { a: 1 } }],
    ['a comment of 20,001', { ...response, comment: 'x'.repeat(20_001) }],
    ['a score without a value', { ...response, score: { scale: 'nps' } }],
    ['an unknown scale', scored('stars', 3)],
    ['half a point', scored('nps', 0.5)],
    ...(['nps', 'csat', 'ces', 'rating'] as const).flatMap((scale) =>
      [-1, 0, 1, 5, 6, 7, 8, 10, 11].map((value): [string, object] => [`${scale} ${value}`, scored(scale, value)]),
    ),
  ])('judge a response as Heard does: %s', (_, input) => {
    const sent = JSON.parse(JSON.stringify(input));
    const contract = contractOf('heard.inbound.survey-responses', 'survey-response.submitted');
    expect(ajv.validate(contract, sent)).toBe(SurveyResponse.safeParse(sent).success);
  });

  it('judge a customer value as Heard does', () => {
    const contract = contractOf('heard.inbound.customer-values', 'customer-value.published');
    const value = { source: 'crm', customerId: 'c', occurredAt: '2026-11-05T09:00:00Z' };
    for (const change of [
      {},
      { lifetimeValue: { amount: 1, currency: 'CNY' } },
      { lifetimeValue: { amount: 0.5, currency: 'CNY' } },
      { lifetimeValue: { amount: 1, currency: 'cny' } },
      { lifetimeValue: { amount: 1 } },
      { valueClass: 'vip' },
      { version: -1 },
      { csmId: '' },
      { ltv: 5 },
    ]) {
      const sent = { ...value, ...change };
      expect(ajv.validate(contract, sent), JSON.stringify(change)).toBe(CustomerValue.safeParse(sent).success);
    }
  });
});

describe('generated files', () => {
  it('are what is committed', () => {
    expect(keepFresh('/', generated(), true)).toEqual([]);
  });
});
