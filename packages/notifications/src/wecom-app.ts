import { type Channel, NotNow, Refused } from './message.ts';
import { fieldsOf, judgeCode, judgeStatus, openRequester } from './request.ts';
import { textOf } from './robots.ts';
import type { Target } from './targets.ts';

const what = 'wecom-app';
const busy = { 45009: 60_000, 45033: 10_000, [-1]: 5_000 };
const staleToken = [40014, 42001];

/**
 * https://developer.work.weixin.qq.com/document/path/90236, 91039. The access token is kept until five minutes before
 * its end, fetched once however many ask for it, and renewed once where the other side calls it stale before.
 */
export function openWecomApp(target: Extract<Target, { kind: 'wecom-app' }>): Channel {
  const { send, close } = openRequester(what, target.allowPrivate);
  let kept: { token: Promise<string>; until: number } | undefined;

  function token(): Promise<string> {
    if (kept && Date.now() < kept.until) return kept.token;
    const fetched = { token: fetchToken(), until: Date.now() + 60_000 };
    kept = fetched;
    fetched.token.catch(() => {
      if (kept === fetched) kept = undefined;
    });
    return fetched.token;

    async function fetchToken(): Promise<string> {
      const url = new URL('gettoken', target.url);
      url.searchParams.set('corpid', target.corpId);
      url.searchParams.set('corpsecret', target.secret);
      const answer = await send(url);
      judgeStatus(what, answer);
      const { errcode, access_token, expires_in } = fieldsOf(answer);
      judgeCode(what, errcode, busy);
      if (typeof access_token !== 'string') throw new NotNow(`${what}: no token in the answer`);
      fetched.until = Date.now() + Math.max(60, Number(expires_in) - 300 || 0) * 1000;
      return access_token;
    }
  }

  return {
    async send(message, address) {
      const body = JSON.stringify({
        touser: address,
        agentid: target.agentId,
        msgtype: 'text',
        text: { content: textOf(message, 2048) },
        enable_duplicate_check: 1,
        duplicate_check_interval: 14_400,
      });
      const post = async () => {
        const url = new URL('message/send', target.url);
        url.searchParams.set('access_token', await token());
        const answer = await send(url, body);
        judgeStatus(what, answer);
        return fieldsOf(answer);
      };
      let answer = await post();
      if (staleToken.includes(answer.errcode as number)) {
        kept = undefined;
        answer = await post();
      }
      if (staleToken.includes(answer.errcode as number)) throw new NotNow(`${what}: the new token is stale too`);
      judgeCode(what, answer.errcode, busy);
      if (answer.invaliduser) throw new Refused(`${what}: no such user, or the app is not visible to them`);
      return typeof answer.msgid === 'string' ? { reference: answer.msgid } : {};
    },
    close,
  };
}
