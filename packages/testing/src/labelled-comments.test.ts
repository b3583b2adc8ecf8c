import { resolve } from 'node:path';
import { CustomerValue, SurveyResponse } from '@heard/events/inbound';
import { describe, expect, test } from 'vitest';
import { labelledComments } from './labelled-comments.ts';

const folder = process.env.HEARD_DATA ?? resolve(import.meta.dirname, '../../../../shared/data');
const comments = await labelledComments(folder);

test('no folder, no comments', async () => {
  expect(await labelledComments('/does/not/exist')).toBeNull();
});

describe.skipIf(!comments)(comments ? 'labelled comments' : `labelled comments: ${folder} does not hold them`, () => {
  const { values, responses } = comments ?? { values: [], responses: [] };

  test('are all there, valid, each under its own id', () => {
    expect(responses).toHaveLength(11_987 + 2_838 + 10_654);
    for (const response of responses) SurveyResponse.parse(response);
    for (const value of values) CustomerValue.parse(value);
    expect(new Set(responses.map(({ source, externalId }) => `${source}:${externalId}`)).size).toBe(responses.length);
    expect(new Set(values.map(({ customerId }) => customerId)).size).toBe(values.length);
  });

  test('have about the shares the docstring tells', () => {
    const customers = new Set(responses.map(({ customerId }) => customerId)).size;
    const share = (part: number, whole: number) => Math.round((part / whole) * 100) / 100;
    const regular = responses.filter(({ customerId }) => customerId.startsWith('regular-')).length;
    expect(share(regular, responses.length)).toBeCloseTo(1 / 8, 1);
    expect(share(values.length, customers)).toBeCloseTo(0.9, 1);
    expect(share(values.filter(({ valueClass }) => valueClass === 'high').length, values.length)).toBeCloseTo(0.2, 1);
    const detractors = responses.filter(({ source, score }) => source === 'waimai' && score!.value <= 6);
    expect(detractors).toHaveLength(7_987);
  });

  test('are the same at every call', async () => {
    expect(await labelledComments(folder)).toEqual(comments);
  });
});
