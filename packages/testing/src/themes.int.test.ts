import { audit } from '@heard/cli/audit';
import { VirtualClock } from '@heard/service/clock';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from './eventually.ts';
import { startVillage, type Village } from './village.ts';

const said = {
  'packaging-damage': ['物流包装破损，瓶子碎了', '箱子压坏，东西碎了', '外包装变形', 'The box was crushed and leaked'],
  'app-website': ['注册流程繁琐', '小程序登录总是失败', '在网站找不到入口', 'The app crashes at log in'],
  'customer-service': ['客服响应慢', '客服不理人', '客服态度敷衍', 'Customer service was rude'],
  'size-fit': ['尺码偏小', '太大不合身', 'The size is too small'],
};
/** S83: 30 %, 25 %, 20 %, and the rest about something else. */
const planted = { 'packaging-damage': 60, 'app-website': 50, 'customer-service': 40, 'size-fit': 50 };

describe.each(['postgres', 'kafka'] as const)('from what people say to shares of themes, %s', (bus) => {
  const missing = inject('kafkaMissing');
  const skipped = bus === 'kafka' && missing !== '';
  const clock = new VirtualClock('2026-03-02T01:00:00Z');
  let village: Village;
  beforeAll(async () => {
    if (!skipped) village = await startVillage({ clock, bus });
  });
  afterAll(async () => village?.close());

  const shares = async (query = '') => (await village.send('rca', 'GET', `/v1/themes${query}`)).body;
  /** Only rca is waited for: what becomes of the cases is told elsewhere. */
  async function counted(comments: number) {
    const isCounted = async () => {
      const { waiting, groups } = await shares();
      return waiting === 0 && groups[0].of === comments;
    };
    await eventually('every comment to be counted', isCounted, 120);
  }

  test.skipIf(skipped)(
    `the planted themes lie inside their intervals, and the audit adds them up${skipped ? ` (${missing})` : ''}`,
    async () => {
      const comments = Object.entries(planted).flatMap(([theme, count]) =>
        Array.from(
          { length: count },
          (_, index) => said[theme as keyof typeof said][index % said[theme as keyof typeof said].length],
        ),
      );
      const answers = await Promise.all(
        comments.map((comment, index) =>
          village.send('ingest', 'POST', '/v1/responses', {
            source: 'survey',
            externalId: `r-${index}`,
            customerId: `c-${index}`,
            kind: 'survey-response',
            channel: index % 2 === 0 ? 'app' : 'email',
            score: { scale: 'nps', value: index % 7 },
            comment,
            occurredAt: clock.now().toISOString(),
          }),
        ),
      );
      expect(answers.filter(({ status }) => status >= 300)).toEqual([]);
      await counted(200);
      const first = await shares();
      const [all] = first.groups;
      expect(all.of).toBe(200);
      for (const [theme, count] of Object.entries(planted)) {
        const { primary } = all.themes.find(({ themeId }: { themeId: string }) => themeId === theme);
        expect([theme, primary.low <= count / 200, primary.high >= count / 200]).toEqual([theme, true, true]);
      }
      const byChannel = (await shares('?by=channel')).groups;
      expect(byChannel.map(({ group, of }: { group: string; of: number }) => [group, of])).toEqual([
        ['app', 100],
        ['email', 100],
      ]);

      const findings = await audit({
        bus,
        adminUrl: village.database.url,
        brokers: village.brokers,
        urls: village.urls,
      });
      expect(findings.filter(({ invariant, broken }) => invariant === '9' && broken > 0)).toEqual([]);
      expect(findings.filter(({ invariant }) => invariant === '9').map(({ checked }) => checked > 0)).toEqual([
        true,
        true,
        true,
      ]);
    },
    240_000,
  );
});
