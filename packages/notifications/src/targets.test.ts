import { expect, test } from 'vitest';
import { NotificationsConfig } from './configuration.ts';
import { addressProblem } from './targets.ts';

const read = (targets: unknown) =>
  NotificationsConfig.safeParse({
    NOTIFICATION_TARGETS: typeof targets === 'string' ? targets : JSON.stringify(targets),
  });
const messages = (targets: unknown) => read(targets).error?.issues.map((issue) => issue.message) ?? [];

test('nothing configured is no targets', () => {
  expect(NotificationsConfig.parse({}).NOTIFICATION_TARGETS).toEqual({});
});

test('a target gets the rate its channel documents', () => {
  expect(read({ ops: { kind: 'wecom-robot', key: 'k' } }).data?.NOTIFICATION_TARGETS.ops).toMatchObject({
    url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send',
    rate: { perMinute: 20 },
    allowPrivate: false,
  });
});

test('every problem is named by target and field, and no secret with it', () => {
  const found = messages({
    Ops: { kind: 'slack', url: 'https://hooks.example/secret1' },
    hook: { kind: 'webhook', url: 'http://receiver.example', secret: 'secret2' },
    mail: { kind: 'smtp', host: '', from: 'nobody' },
    pigeon: { kind: 'pigeon', secret: 'secret3' },
  });
  for (const place of ['Ops', 'hook.secret', 'mail.host', 'mail.from', 'pigeon.kind'])
    expect(
      found.some((one) => one.startsWith(place)),
      place,
    ).toBe(true);
  expect(found.join()).not.toMatch(/secret\d/);
  expect(messages('{"ops": {"secret": "secret4"')).toEqual(['must be JSON']);
  expect(messages({ plain: { kind: 'slack', url: 'http://hooks.example' } })).toEqual([
    'plain.url must be https unless allowPrivate is true',
  ]);
});

test('an address that could break out of its mention is refused', () => {
  expect(addressProblem('feishu-robot', 'ou_1"></at><at user_id="all')).toMatch(/open_id/);
  expect(addressProblem('slack', 'U1> <!channel')).toMatch(/member id/);
  expect(addressProblem('smtp', 'a@b.example, c@d.example')).toMatch(/e-mail/);
  expect(addressProblem('wecom-app', 'a|@all')).toMatch(/user id/);
  expect(addressProblem('slack', 'U012AB3CD')).toBeNull();
  expect(addressProblem('wecom-robot', '')).toBeNull();
});
