import autocannon from 'autocannon';

/** Asks about a thousand different customers in turn, half of them listed, over 32 connections; prints rate and p99. */
const [url, listed, seconds] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const headers = { authorization: process.argv[5]! };
const requests = Array.from({ length: 1_000 }, (_, i) => {
  const n = Math.floor((i * listed * 2) / 1_000);
  return { path: `${new URL(url).pathname}?class=promo&customerId=C${String(n).padStart(11, '0')}` };
});
const result = await autocannon({ url, headers, requests, connections: 32, duration: seconds });
if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} errors`);
process.stdout.write(JSON.stringify({ rate: result.requests.total / result.duration, p99: result.latency.p99 }));
