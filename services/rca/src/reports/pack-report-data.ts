import type { PackReportData, Share } from '@heard/reports/report-data';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Interval } from '@heard/statistics/interval';
import type { PackData } from '../initiatives/pack.ts';
import { countingOf } from './period-report-data.ts';

/** A pack as its PDF shows it; the numbers are those of the other formats. */
export function packReportData(pack: PackData, policy: VersionedPolicy): PackReportData {
  const preparedAt = new Date(pack.preparedAt);
  const fixDueAt = new Date(pack.fixDueAt);
  const { comments, mentions, primary, mentionShare, primaryShare, customers, cases } = pack.counts;
  return {
    counting: {
      ...countingOf(policy, pack.frameVersion, pack.filter, preparedAt),
      confidence: pack.confidence,
    },
    initiative: {
      title: pack.title,
      names: pack.names,
      rank: pack.rank ?? undefined,
      owner: pack.ownerId,
      department: pack.department,
      openedAt: preparedAt,
      dueAt: fixDueAt,
      reviewDueAt: new Date(pack.reviewDueAt),
      overdue: (pack.state === 'open' || pack.state === 'signed-off') && fixDueAt < preparedAt,
      state: pack.state,
    },
    mention: shareOf(mentions, comments, mentionShare),
    primary: shareOf(primary, comments, primaryShare),
    customers,
    cases,
    detail: {
      names: pack.names,
      trend: pack.months.flatMap(({ month, mentions, comments, mentionShare }) => {
        const share = shareOf(mentions, comments, mentionShare);
        return share ? [{ from: new Date(`${month}-01`), share }] : [];
      }),
      channels: pack.channels
        .flatMap(({ channel, mentions, comments, mentionShare }) => {
          const share = shareOf(mentions, comments, mentionShare);
          return share ? [{ channel: channel || 'none', share }] : [];
        })
        .sort((a, b) => b.share.of - a.share.of)
        .slice(0, 8),
    },
    effort: pack.ces
      ? { n: pack.ces.n, mean: pack.ces.mean, low: { hits: pack.ces.low, of: pack.ces.n, ...pack.ces.lowShare } }
      : undefined,
    quotes: pack.verbatims.map(({ text, channel, occurredAt }) => ({
      text,
      names: pack.names,
      channel: channel || 'none',
      at: new Date(occurredAt),
    })),
    latestCases: pack.cases.map(({ caseId, priority, openedAt, outcome }) => ({
      caseId,
      priority: priority ?? undefined,
      openedAt: openedAt === null ? undefined : new Date(openedAt),
      outcome: outcome ?? undefined,
    })),
  };
}

function shareOf(hits: number, of: number, interval: Interval | null): Share | undefined {
  return interval ? { hits, of, ...interval } : undefined;
}
