import { describe, expect, it } from 'vitest';
import { CustomerValue, SurveyResponse } from './inbound.ts';

const response = { source: 's', externalId: '1', customerId: 'c', occurredAt: '2026-11-05T09:00:00Z' };

describe('what others send', () => {
  it('mends an emoji cut in two and drops U+0000 in texts, which PostgreSQL cannot hold', () => {
    const broken = { ...response, comment: '太贵\ud83d', product: 'a\0b', attributes: { shop: 'x\ude00' } };
    expect(SurveyResponse.parse(broken)).toMatchObject({
      comment: '太贵\ufffd',
      product: 'ab',
      attributes: { shop: 'x\ufffd' },
    });
    expect(SurveyResponse.parse({ ...response, comment: '很好😀' }).comment).toBe('很好😀');
    const value = { source: 'crm', customerId: 'c', name: '样\udc00', occurredAt: '2026-11-05T09:00:00Z' };
    expect(CustomerValue.parse(value).name).toBe('样\ufffd');
  });

  it.each(['a\ud800', '\udc00', 'a\0', 'a\nb', 'a\u0085'])(
    'refuses the id %j, which would not come back as it went',
    (id) => {
      const result = SurveyResponse.safeParse({ ...response, customerId: id });
      expect(result.error?.issues[0]?.message).toBe('must not contain control characters or broken Unicode');
    },
  );

  it('takes ids of any script and emoji', () => {
    expect(SurveyResponse.parse({ ...response, customerId: '客户-😀-é' }).customerId).toBe('客户-😀-é');
  });
});
