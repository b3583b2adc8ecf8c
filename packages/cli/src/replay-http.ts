import type { Kind } from '@heard/imports/records';
import { type Item, reasonOf, type Sink, type Verdict } from './sink.ts';

const backoff = { first: 100, most: 5_000 };

interface BatchAnswer {
  results: { status: Exclude<Verdict['status'], 'sent'>; problem?: { code: string; detail: string } }[];
}

/**
 * Sends batches to the ingest service. What may pass (no connection, 429, 502, 503, 504) is tried again for up to
 * `patienceMs`; since ingest knows each item by its id, sending one again does it no harm, but a batch whose answer got
 * lost is counted as duplicates.
 */
export function httpSink(url: string, identity: Record<string, string>, patienceMs = 60_000): Sink {
  const base = url.replace(/\/+$/, '');
  return { lanes: 4, send, close: async () => undefined };

  async function send(kind: Kind, items: readonly Item[]): Promise<Verdict[]> {
    const response = await post(`${base}/v1/${kind}/batch`, `[${items.map(({ json }) => json).join(',')}]`);
    if (response.status === 413) return sendHalves(kind, items);
    if (response.status !== 200) {
      throw new Error(`${base} refused a batch of ${kind}: ${response.status} ${await detailOf(response)}`);
    }
    const { results } = (await response.json()) as BatchAnswer;
    if (results.length !== items.length) {
      throw new Error(`${base} answered ${results.length} results for ${items.length} ${kind}`);
    }
    return results.map(({ status, problem }) => (problem ? { status, reject: reasonOf(problem) } : { status }));
  }

  async function sendHalves(kind: Kind, items: readonly Item[]): Promise<Verdict[]> {
    if (items.length === 1) return [{ status: 'rejected', reject: { field: 'line', message: 'is too large' } }];
    const middle = items.length >> 1;
    return [...(await send(kind, items.slice(0, middle))), ...(await send(kind, items.slice(middle)))];
  }

  async function post(target: string, body: string): Promise<Response> {
    const headers = { 'content-type': 'application/json', ...identity };
    const deadline = Date.now() + patienceMs;
    for (let wait = backoff.first; ; wait = Math.min(wait * 2, backoff.most)) {
      let last: string;
      try {
        const response = await fetch(target, { method: 'POST', headers, body, signal: AbortSignal.timeout(60_000) });
        if (![429, 502, 503, 504].includes(response.status)) return response;
        last = `${response.status} ${await detailOf(response)}`;
      } catch (error) {
        last = causeOf(error);
      }
      if (Date.now() + wait > deadline) {
        throw new Error(`${base} took nothing for ${Math.round(patienceMs / 1000)} s (${last}); is Heard running?`);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

async function detailOf(response: Response): Promise<string> {
  const body = await response.text().catch(() => '');
  try {
    return String((JSON.parse(body) as { detail?: unknown }).detail ?? '');
  } catch {
    return '';
  }
}

/** fetch hides what happened in the cause. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message || ((cause as NodeJS.ErrnoException).code ?? message) : message;
}
