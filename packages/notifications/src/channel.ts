import type { Channel } from './message.ts';
import { openDingtalkRobot, openFeishuRobot, openSlack, openWecomRobot } from './robots.ts';
import { openSmtp } from './smtp.ts';
import type { Target } from './targets.ts';
import { openWebhook } from './webhook.ts';
import { openWecomApp } from './wecom-app.ts';

export function openChannel(target: Target): Channel {
  switch (target.kind) {
    case 'wecom-robot':
      return openWecomRobot(target);
    case 'wecom-app':
      return openWecomApp(target);
    case 'feishu-robot':
      return openFeishuRobot(target);
    case 'dingtalk-robot':
      return openDingtalkRobot(target);
    case 'slack':
      return openSlack(target);
    case 'smtp':
      return openSmtp(target);
    case 'sms':
    case 'webhook':
      return openWebhook(target);
  }
}
