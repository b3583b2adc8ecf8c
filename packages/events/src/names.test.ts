import { expect, test } from 'vitest';
import { stableId } from './names.ts';

test('the same parts give the same id for ever', () => {
  expect(stableId('case', '客户-1', '1')).toBe('aa792440-75a7-8128-9d4b-4516fbc6540f');
  expect(stableId('case', '客户-1', '2')).not.toBe(stableId('case', '客户-12', ''));
});
