import type { SurveyResponse } from '@heard/events/inbound';

const comments = [
  '等了四十分钟没人接电话，最后自己挂断了。',
  '产品不错，就是客服回复太慢，希望改进。',
  'Support closed my ticket without reading it. Twice.',
  '再不处理我就去消协投诉，律师已经在准备材料了。',
  'The new release broke our export and nobody told us.',
  '价格比别家贵，功能还少，下个月考虑换平台。',
  'Delivery was two days late and the box was open.',
  '系统经常卡，一到月底就打不开，影响我们出报表。',
  'I asked for a refund three weeks ago and heard nothing.',
  '还行吧，没有特别满意的地方，也没有特别不满意。',
];
const scores = [
  ...[0, 1, 2, 3, 4, 5, 6].map((value) => ({ scale: 'nps', value }) as const),
  ...[1, 2].map((value) => ({ scale: 'csat', value }) as const),
  ...[1, 2, 3].map((value) => ({ scale: 'ces', value }) as const),
];

/** The n-th response of a run: a customer of its own, always a detractor, on all three scales. */
export function responseOf(
  run: string,
  n: number,
  now = new Date(),
): Partial<SurveyResponse> & { externalId: string; customerId: string; occurredAt: string } {
  return {
    source: 'bench',
    externalId: `${run}-${n}`,
    customerId: customerOf(run, n),
    channel: n % 3 === 0 ? 'email' : 'app',
    score: scores[n % scores.length],
    comment: comments[n % comments.length],
    occurredAt: now.toISOString(),
  };
}

export function customerOf(run: string, n: number): string {
  return `${run}-${String(n).padStart(8, '0')}`;
}
