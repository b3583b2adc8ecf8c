import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, request } from 'undici';
import { NotNow, Refused } from './message.ts';

export const timeoutMs = 10_000;
const maxAnswerBytes = 65_536;

export interface Answer {
  status: number;
  text: string;
  retryAfterMs: number | undefined;
}

export interface Requester {
  /** POSTs, or GETs where there is no body. Throws NotNow when no whole answer comes within 10 s. Redirects are answers. */
  send(url: URL, body?: string, headers?: Record<string, string>): Promise<Answer>;
  close(): void;
}

/**
 * Connects to public addresses only, unless `allowPrivate`: the name is checked as it is resolved for this very
 * connection, so that a name that changes its address in between is caught too. `what` names the channel in errors.
 */
export function openRequester(what: string, allowPrivate: boolean): Requester {
  const agent = new Agent({
    connect: { timeout: timeoutMs, ...(allowPrivate ? {} : { lookup: publicOnly }) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  return {
    async send(url, body, headers = {}) {
      const literal = url.hostname.replace(/^\[|\]$/g, '');
      if (!allowPrivate && ipaddr.isValid(literal) && !isPublic(literal)) throw new Refused(`${what}: ${notPublic}`);
      try {
        const answer = await request(url, {
          dispatcher: agent,
          method: body === undefined ? 'GET' : 'POST',
          headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
          body,
          signal: AbortSignal.timeout(timeoutMs),
        });
        const text = await readBounded(answer.body);
        const after = answer.headers['retry-after'];
        return { status: answer.statusCode, text, retryAfterMs: retryAfter(Array.isArray(after) ? after[0] : after) };
      } catch (error) {
        if (codeOf(error) === 'ENOTPUBLIC') throw new Refused(`${what}: ${notPublic}`);
        throw new NotNow(`${what}: no answer (${codeOf(error)})`);
      }
    },
    close: () => void agent.destroy(),
  };
}

/** Throws what an HTTP status means: 2xx nothing; 408, 425, 429, 3xx and 5xx NotNow; every other Refused. */
export function judgeStatus(what: string, { status, retryAfterMs }: Answer): void {
  if (status >= 200 && status < 300) return;
  const message = `${what}: HTTP ${status}`;
  if (status < 400 || status >= 500 || [408, 425, 429].includes(status)) throw new NotNow(message, retryAfterMs);
  throw new Refused(message);
}

/** Throws what a vendor's own code in a 200 means: 0 nothing, those in `busy` NotNow after that many ms, else Refused. */
export function judgeCode(what: string, code: unknown, busy: Record<number, number>): void {
  if (code === 0) return;
  if (typeof code !== 'number') throw new NotNow(`${what}: an answer that is none`);
  if (code in busy) throw new NotNow(`${what}: code ${code}`, busy[code]);
  throw new Refused(`${what}: code ${code}`);
}

/** The fields of a JSON object, or none: an answer that is no JSON is some proxy's, and judged as no answer. */
export function fieldsOf({ text }: Answer): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Retry-After as seconds or a date, in ms; at most a day. */
export function retryAfter(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 86_400_000) : undefined;
}

const notPublic = 'the address is not public (set allowPrivate to permit it)';

/** Global unicast only; an IPv4 address inside an IPv6 one is judged as itself. */
export function isPublic(address: string): boolean {
  return ipaddr.process(address).range() === 'unicast';
}

const publicOnly: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, []);
    if (found.length === 0 || !found.every(({ address }) => isPublic(address)))
      return callback(Object.assign(new Error('not public'), { code: 'ENOTPUBLIC' }), []);
    if (options.all) callback(null, found);
    else callback(null, found[0]!.address, found[0]!.family);
  });
};

async function readBounded(body: AsyncIterable<Buffer> & { destroy(): void }): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxAnswerBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxAnswerBytes);
}

/** Only the code: messages of network errors hold addresses. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout';
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  return error.cause ? codeOf(error.cause) : error.name;
}
