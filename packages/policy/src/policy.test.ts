import { describe, expect, test } from 'vitest';
import { InvalidPolicy, parsePolicy, presetPolicy, readPolicy } from './policy.ts';

const hour = 3_600_000;
const seed = parsePolicy(presetPolicy());

test.each([
  ['detractors are 0–6', seed.bands.nps.detractorMax, 6],
  ['passives are 7–8', seed.bands.nps.passiveMax, 8],
  ['the severe ones are 0–3', seed.bands.nps.severeMax, 3],
  ['P0 is called within 4 h', seed.sla.firstContact.P0, 4 * hour],
  ['P1 is called within 4 h', seed.sla.firstContact.P1, 4 * hour],
  ['P2 is answered within 24 h', seed.sla.firstContact.P2, 24 * hour],
  ['nobody waits more than 24 h', seed.sla.hardCeiling, 24 * hour],
  ['a case is resolved within T+7', seed.sla.resolution, 7 * 24 * hour],
  ['warnings come at 50, 75, 90 %', seed.sla.warnAtPercent, [50, 75, 90]],
  ['high value is the top fifth', seed.ltv.high.mode === 'percentile' && seed.ltv.high.value, 80],
  ['a P2 digest comes every 2 h', seed.alerts.p2Digest.every, 2 * hour],
  ['and within a quarter of the deadline', seed.alerts.p2Digest.maxPercentOfSla, 25],
  ['CSAT falls three in a row', seed.triage.csatDecline.responses, 3],
  ['observation takes 30 days', seed.observation.days, 30],
  ['the stop list is reviewed after 180 days', seed.stopList.review, 180 * 24 * hour],
  ['promotion, nurture and surveys stop', seed.stopList.blocks, ['promo', 'nurture', 'survey']],
  ['P0 and P1 are phoned', [seed.contact.channels.P0, seed.contact.channels.P1], [['phone'], ['phone']]],
  ['P2 is mailed, messaged or phoned', seed.contact.channels.P2, ['email', 'wecom', 'phone']],
  ['three segments, three tracks', Object.values(seed.tracks), ['recovery', 'activation', 'amplification']],
  ['50 yuan at P2', seed.compensation?.authority.find((rule) => rule.name === 'frontline')?.upTo, 50_00],
  ['500 yuan at P0 and P1', seed.compensation?.authority.find((rule) => rule.name === 'senior-urgent')?.upTo, 500_00],
  ['a flag needs four claims in 180 days', [seed.abuse?.claims, seed.abuse?.window], [4, 180 * 24 * hour]],
  ['history opens no cases', seed.backfill, { opensCases: false, suppresses: false }],
  ['no priority floor for red lines', seed.triage.redLineMinPriority, 'none'],
  [
    'without a score: red line P1, risk word P1, negative P2',
    seed.triage.scoreless,
    { redLine: 'P1', highRiskWord: 'P1', negative: 'P2', highValueRaises: true },
  ],
])('seed-strict: %s', (_name, actual, expected) => expect(actual).toEqual(expected));

test('the seeds’ own words are in the lexicons', () => {
  const terms = (list: 'redLine' | 'highRisk') =>
    new Set(
      Object.values(seed.lexicons[list]).flatMap((category) => (Array.isArray(category) ? category : category.terms)),
    );
  for (const word of ['欺诈', '法律']) expect(terms('redLine')).toContain(word);
  for (const word of ['解约', '太贵', '竞品', '退款', '不再合作', '服务差']) expect(terms('highRisk')).toContain(word);
});

describe('a policy is refused as a whole, with the key named', () => {
  const change = (edit: (document: any) => unknown) => {
    const document = structuredClone(presetPolicy());
    edit(document);
    return () => parsePolicy(document);
  };
  test.each<[string, (d: any) => unknown, RegExp]>([
    [
      'one track for all segments',
      (d) => Object.assign(d.tracks, { passive: 'recovery', promoter: 'recovery' }),
      /tracks/,
    ],
    ['a deadline beyond the ceiling', (d) => Object.assign(d.sla.firstContact, { P2: '25h' }), /sla\.firstContact\.P2/],
    ['bands that overlap', (d) => Object.assign(d.bands.nps, { passiveMax: 6 }), /bands\.nps\.passiveMax/],
    ['rules that leave a detractor without a priority', (d) => d.triage.rules.pop(), /triage\.rules/],
    [
      'a rule whose name has two lines',
      (d) => Object.assign(d.triage.rules[0], { name: 'a\nb' }),
      /triage\.rules.*name/,
    ],
    ['a stop list that stops service', (d) => d.stopList.blocks.push('service-recovery'), /stopList\.blocks/],
    [
      'a stop list that lets promotion pass',
      (d) => Object.assign(d.stopList, { blocks: ['survey'] }),
      /stopList\.blocks/,
    ],
    ['warnings out of order', (d) => Object.assign(d.sla, { warnAtPercent: [75, 50] }), /warnAtPercent/],
    ['a duration without a unit', (d) => Object.assign(d.sla, { resolution: '7' }), /sla\.resolution/],
    [
      'an apology that would become a template',
      (d) => Object.assign(d.conversation.opening.wordings.zh.full, { apology: ['对不起。', '对不起。', '抱歉。'] }),
      /conversation\.opening\.wordings\.zh\.full\.apology/,
    ],
    [
      'a verbatim part without the customer’s words',
      (d) => d.conversation.opening.wordings.en.short.verbatim.push('We read it.'),
      /conversation\.opening\.wordings\.en\.short\.verbatim\.6/,
    ],
    [
      'an authority above what a case may get',
      (d) => Object.assign(d.compensation.max, { gift: 100 }),
      /compensation\.authority\.0\.upTo: must not exceed max\.gift/,
    ],
    [
      'an amount nobody could approve',
      (d) => d.compensation.approvers.pop(),
      /compensation\.approvers: must reach the greatest max/,
    ],
    [
      'a fallback to the same role',
      (d) => d.compensation.approvers[0].fallback.push('supervisor'),
      /compensation\.approvers\.0\.fallback/,
    ],
    ['a kind without a ceiling', (d) => delete d.compensation.max.cash, /compensation\.max\.cash/],
    ['a month without a zone', (d) => Object.assign(d.compensation, { monthIn: 'Shanghai' }), /compensation\.monthIn/],
    ['a flag that keeps back what is owed', (d) => d.abuse.blocks.push('refund'), /abuse\.blocks/],
    ['a key nobody knows', (d) => Object.assign(d, { slaa: {} }), /slaa/],
  ])('%s', (_name, edit, key) => {
    expect(change(edit)).toThrow(InvalidPolicy);
    expect(change(edit)).toThrow(key);
  });
  test('what is not YAML', () => expect(() => readPolicy('a: [')).toThrow(/not YAML/));
});
