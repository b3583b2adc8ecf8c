import type { Assumption, Figure } from './roi.ts';

type Words = Record<'zh' | 'en', string>;

export const figureNames: Record<Figure['figure'], Words> = {
  listeners: { zh: '估算：听到负面评价的人数', en: 'Estimate: people who hear of it' },
  'customers-kept': { zh: '估算：避免流失的客户数', en: 'Estimate: customers kept' },
  'revenue-kept': { zh: '估算：保住的收入', en: 'Estimate: revenue kept' },
  'profit-share': { zh: '估算：利润增幅', en: 'Estimate: more profit' },
  return: { zh: '估算：投入回报率', en: 'Estimate: return on cost' },
};

export const assumptionNames: Record<Assumption['name'], Words> = {
  detractors: { zh: '贬损者人数', en: 'detractors' },
  'listeners-per-detractor': { zh: '每位贬损者会告诉的人数', en: 'people each detractor tells' },
  customers: { zh: '涉及的客户数', en: 'customers it is about' },
  'less-churn': { zh: '流失率下降', en: 'fall of the churn rate' },
  'value-each': { zh: '每位客户的价值', en: 'worth of a customer' },
  margin: { zh: '利润率', en: 'margin' },
  cost: { zh: '投入成本', en: 'cost' },
  'profit-per-point-of-churn': { zh: '流失率每降 1 点的利润增幅', en: 'more profit per point less churn' },
};

export const sources: Record<Assumption['source'], Words> = {
  measured: { zh: '实测', en: 'measured here' },
  entered: { zh: '人工填写', en: 'entered' },
  'rule-of-thumb': { zh: '经验法则', en: 'rule of thumb' },
};
