import { type Channel, Refused } from './message.ts';
import { openDingtalkRobot, openFeishuRobot, openSlack, openWecomRobot } from './robots.ts';
import { openSmtp } from './smtp.ts';
import { addressProblem, type Target } from './targets.ts';
import { openWebhook } from './webhook.ts';
import { openWecomApp } from './wecom-app.ts';

/** The channel to a target. An address that is none for its kind is refused before anything is sent. */
export function openChannel(target: Target): Channel {
  const channel = open(target);
  return {
    async send(message, address) {
      const problem = addressProblem(target.kind, address);
      if (problem) throw new Refused(`${target.kind}: the address ${problem}`);
      return channel.send(message, address);
    },
    close: channel.close,
  };
}

function open(target: Target): Channel {
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
