import { createHmac } from 'node:crypto';
import { type Channel, type Message, NotNow } from './message.ts';
import { neutralise, truncate } from './plain-text.ts';
import { fieldsOf, judgeCode, judgeStatus, openRequester } from './request.ts';
import type { Target } from './targets.ts';

type Of<K extends Target['kind']> = Extract<Target, { kind: K }>;

/**
 * Subject, lines and link as one inert text. The last line is the beginning of the id: by it people, and WeCom's
 * duplicate check, tell a repetition from another message that reads the same. Link and id survive the cut.
 */
export function textOf(message: Message, maxBytes: number): string {
  const tail = `${message.link ? `\n${message.link}` : ''}\n#${message.id.slice(0, 8)}`;
  const text = [message.subject, ...message.lines].map(neutralise).join('\n');
  return truncate(text, maxBytes - Buffer.byteLength(tail)) + tail;
}

/** https://developer.work.weixin.qq.com/document/path/91770: content up to 2048 bytes; the key in the URL is the secret. */
export function openWecomRobot(target: Of<'wecom-robot'>): Channel {
  const what = 'wecom-robot';
  const { send, close } = openRequester(what, target.allowPrivate);
  const url = new URL(target.url);
  url.searchParams.set('key', target.key);
  return {
    async send(message, address) {
      const mentioned = address ? { mentioned_list: [address] } : {};
      const body = { msgtype: 'text', text: { content: textOf(message, 2048), ...mentioned } };
      const answer = await send(url, JSON.stringify(body));
      judgeStatus(what, answer);
      judgeCode(what, fieldsOf(answer).errcode, { 45009: 60_000, 45033: 10_000, [-1]: 5_000 });
      return {};
    },
    close,
  };
}

/** Signed by HMAC-SHA256 with key `seconds\nsecret` over nothing; body up to 20 KB; in text `<at user_id="…">` mentions. */
export function openFeishuRobot(target: Of<'feishu-robot'>): Channel {
  const what = 'feishu-robot';
  const { send, close } = openRequester(what, target.allowPrivate);
  return {
    async send(message, address) {
      const mention = address ? `<at user_id="${address}"></at>\n` : '';
      const content = { text: mention + textOf(message, 9_000) };
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signed = target.secret
        ? { timestamp, sign: createHmac('sha256', `${timestamp}\n${target.secret}`).digest('base64') }
        : {};
      const answer = await send(new URL(target.url), JSON.stringify({ ...signed, msg_type: 'text', content }));
      const { code, StatusCode } = fieldsOf(answer);
      // Throttling may come as 400 with its code.
      if (code === 11232 || code === 9499) throw new NotNow(`${what}: code ${code}`, 10_000);
      judgeStatus(what, answer);
      judgeCode(what, code ?? StatusCode, {});
      return {};
    },
    close,
  };
}

/** Signed by HMAC-SHA256 with key `secret` over `milliseconds\nsecret`; a mobile number mentions where it stands in the text too. */
export function openDingtalkRobot(target: Of<'dingtalk-robot'>): Channel {
  const what = 'dingtalk-robot';
  const { send, close } = openRequester(what, target.allowPrivate);
  return {
    async send(message, address) {
      const url = new URL(target.url);
      if (target.secret) {
        const timestamp = String(Date.now());
        url.searchParams.set('timestamp', timestamp);
        url.searchParams.set(
          'sign',
          createHmac('sha256', target.secret).update(`${timestamp}\n${target.secret}`).digest('base64'),
        );
      }
      const everybody = address === '@all';
      const one = address && !everybody;
      const content = textOf(message, 9_000) + (one ? `\n@${address}` : '');
      const at = { atMobiles: one ? [address] : [], isAtAll: everybody };
      const answer = await send(url, JSON.stringify({ msgtype: 'text', text: { content }, at }));
      judgeStatus(what, answer);
      // 130101, 660026: more than 20 a minute, which blocks the robot for ten.
      judgeCode(what, fieldsOf(answer).errcode, { 130101: 600_000, 660026: 600_000, [-1]: 5_000 });
      return {};
    },
    close,
  };
}

/** https://api.slack.com/messaging/webhooks: `<…>` is all that is active in text; names are not looked for. */
export function openSlack(target: Of<'slack'>): Channel {
  const what = 'slack';
  const { send, close } = openRequester(what, target.allowPrivate);
  return {
    async send(message, address) {
      const mention = address ? `<${address.startsWith('!') ? address : `@${address}`}> ` : '';
      const body = { text: mention + textOf(message, 4_000), unfurl_links: false, unfurl_media: false };
      const answer = await send(new URL(target.url), JSON.stringify(body));
      judgeStatus(what, answer);
      if (answer.text.trim() !== 'ok') throw new NotNow(`${what}: an answer that is none`);
      return {};
    },
    close,
  };
}
