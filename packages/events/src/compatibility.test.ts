import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { refusals } from './compatibility.ts';
import { breaks, readSchemas, releasedFolder } from './contracts.ts';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';

describe('refusals', () => {
  const shape = {
    id: z.string().min(1).max(200),
    kind: z.enum(['ticket', 'review']),
    score: z.object({ value: z.int().min(0).max(10) }),
    tags: z.array(z.string().max(10)),
    note: z.string().optional(),
    level: z.enum(['high']).nullable(),
    place: z.string().nullable(),
    names: z.record(z.string(), z.string().max(5)),
  };
  const sent = (change: z.ZodRawShape) => jsonSchemaOf(z.strictObject({ ...shape, ...change }), 'input');
  const without = (name: keyof typeof shape) => {
    const { [name]: _, ...rest } = shape;
    return jsonSchemaOf(z.strictObject(rest), 'input');
  };
  const before = sent({});

  it('has none between a schema and itself', () => {
    expect(refusals(before, before)).toEqual([]);
  });

  it.each<[string, z.ZodRawShape]>([
    ['an optional field more', { more: z.string().optional() }],
    ['a field more with a default', { more: z.string().default('x') }],
    ['a field that is no longer required', { id: z.string().min(1).max(200).optional() }],
    ['a value more in an enum', { kind: z.enum(['ticket', 'review', 'chat']) }],
    ['a wider range', { score: z.object({ value: z.int().min(-1).max(11) }) }],
    ['nothing or a text where it was a text', { id: z.string().min(1).max(200).nullable() }],
    ['any number where it was whole', { score: z.object({ value: z.number() }) }],
    ['a longer text', { id: z.string().min(1).max(300) }],
    ['null allowed', { kind: z.enum(['ticket', 'review']).nullable() }],
    ['a new description', { note: z.string().meta({ description: 'What was said.' }).optional() }],
  ])('lets senders go on after %s', (_, change) => {
    expect(refusals(before, sent(change))).toEqual([]);
  });

  it.each<[string, z.ZodRawShape, string]>([
    ['a field became required', { note: z.string() }, 'note: may be missing, is required'],
    ['a required field was added', { more: z.string() }, 'more: may be missing, is required'],
    ['an enum value was removed', { kind: z.enum(['ticket']) }, 'kind: may be "review", which is not taken'],
    ['a type changed', { note: z.int().optional() }, 'note: is string, was to be integer'],
    ['null is no longer allowed', { level: z.enum(['high']) }, 'level: is null, was to be string'],
    [
      'a bound was tightened inside',
      { score: z.object({ value: z.int().min(1).max(10) }) },
      'score.value: minimum is 0',
    ],
    ['a text was shortened', { id: z.string().min(1).max(100) }, 'id: maxLength is 200, only 100 is taken'],
    ['a pattern was added', { id: z.string().min(1).max(200).regex(/^c-/) }, 'id: pattern is not set'],
    ['a free text became an enum', { note: z.enum(['a']).optional() }, 'note: may be anything, only "a" is taken'],
    ['the items of a list changed', { tags: z.array(z.string().max(5)) }, 'tags[]: maxLength is 10'],
    ['the values of a map changed', { names: z.record(z.string(), z.string().max(4)) }, 'names.*: maxLength is 5'],
  ])('is told when %s', (_, change, reason) => {
    expect(refusals(before, sent(change)).join()).toContain(reason);
  });

  it('is told when a field was removed that senders may send', () => {
    expect(refusals(before, without('note'))).toEqual(['note: is not known']);
  });

  it('tells a reader of a field that vanished, became optional or got a new value', () => {
    const published = (change: z.ZodRawShape) => jsonSchemaOf(z.object({ ...shape, ...change }), 'output');
    const old = published({});
    const { id: _, ...rest } = shape;
    expect(refusals(jsonSchemaOf(z.object(rest), 'output'), old)).toEqual(['id: may be missing, is required']);
    expect(refusals(published({ kind: z.enum(['ticket']).optional() }), old)).toEqual([
      'kind: may be missing, is required',
    ]);
    expect(refusals(published({ kind: z.enum(['ticket', 'review', 'chat']) }), old)).toEqual([
      'kind: may be "chat", which is not taken',
    ]);
  });

  it('lets readers go on after a field more, a value less or a tighter range', () => {
    const published = (change: z.ZodRawShape) => jsonSchemaOf(z.object({ ...shape, ...change }), 'output');
    const changed = published({
      more: z.string(),
      kind: z.enum(['ticket']),
      score: z.object({ value: z.int().min(1).max(9), scale: z.string() }),
    });
    expect(refusals(changed, published({}))).toEqual([]);
  });
});

describe('this version', () => {
  it('keeps what the released contracts promise, to senders, to readers and to what the log holds', () => {
    expect(breaks()).toEqual([]);
  });

  it('would be told of a released event type that is gone', () => {
    expect(breaks(new Map([['feedback.lost.schema.json', {}]]))).toEqual(['feedback.lost: was released and is gone']);
  });

  it('would be told when a public topic refused what was sent before', () => {
    const old = released('survey-response.submitted');
    old.properties!.mood = { type: 'string' };
    expect(breaks(new Map([['survey-response.submitted.schema.json', old]]))).toEqual([
      'survey-response.submitted: what was sent before is refused now: mood: is not known',
    ]);
  });

  it('would be told when readers of an event missed what they were promised, or the log could not be read', () => {
    const promised = released('case.opened');
    promised.properties!.region = { type: 'string' };
    promised.required!.push('region');
    expect(breaks(new Map([['case.opened.schema.json', promised]]))).toEqual([
      'case.opened: readers would refuse it: region: may be missing, is required',
    ]);
    const older = released('case.opened');
    older.required = older.required!.filter((name) => name !== 'receivedAt');
    expect(breaks(new Map([['case.opened.schema.json', older]]))).toEqual([
      'case.opened: what was sent before is refused now: receivedAt: may be missing, is required',
    ]);
  });
});

function released(type: string): JsonSchema {
  return structuredClone(readSchemas(releasedFolder).get(`${type}.schema.json`)!);
}
