import { draw, ink, muted, rule, soft, strong, whiskers } from './charts.ts';
import type { Figures } from './figures.ts';
import type { Markup } from './html.ts';
import type { ThemeDetail, TrendUnit } from './report-data.ts';

/** The share of one theme over time; `max` is the same for all panels of a row. */
export function trendPanel(
  { trend }: ThemeDetail,
  { max, by, width }: { max: number; by: TrendUnit; width: number },
  figures: Figures,
  says: string,
): Markup {
  const label = by === 'month' ? figures.month : figures.day;
  return draw(
    {
      grid: { left: 38, right: 14, top: 10, bottom: 24 },
      xAxis: {
        type: 'category',
        data: trend.map(({ from }) => label(from)),
        axisLine: { lineStyle: { color: muted } },
        axisTick: { show: false },
        axisLabel: { color: muted, fontSize: 11, hideOverlap: true },
      },
      yAxis: percentAxis(max, figures),
      series: [
        {
          type: 'line',
          silent: true,
          data: trend.map(({ share }) => share.estimate),
          symbol: 'circle',
          symbolSize: 6,
          lineStyle: { color: strong, width: 2 },
          itemStyle: { color: strong },
          z: 6,
        },
        whiskers(
          'y',
          trend.map(({ share }, at) => [share.lower, share.upper, at] as const),
          { color: muted },
        ),
      ],
    },
    { width, height: 150 },
    says,
  );
}

/** The share of one theme in each channel. */
export function channelPanel(
  { channels }: ThemeDetail,
  { max, width }: { max: number; width: number },
  { figures, nameOf }: { figures: Figures; nameOf(channel: string): string },
  says: string,
): Markup {
  return draw(
    {
      grid: { left: 84, right: 52, top: 4, bottom: 24 },
      xAxis: percentAxis(max, figures),
      yAxis: [
        {
          type: 'category',
          inverse: true,
          data: channels.map(({ channel }) => nameOf(channel)),
          axisLine: { lineStyle: { color: muted } },
          axisTick: { show: false },
          axisLabel: { color: ink, fontSize: 12, width: 76, overflow: 'break', lineHeight: 13 },
        },
        {
          type: 'category',
          inverse: true,
          position: 'right',
          data: channels.map(({ share }) => figures.percent(share.estimate)),
          axisLine: { show: false },
          axisTick: { show: false },
          axisLabel: { color: ink, fontSize: 12 },
        },
      ],
      series: [
        {
          type: 'bar',
          silent: true,
          barWidth: 11,
          data: channels.map(({ share }) => share.estimate),
          itemStyle: { color: soft },
        },
        whiskers(
          'x',
          channels.map(({ share }, at) => [share.lower, share.upper, at] as const),
        ),
      ],
    },
    { width, height: channels.length * 28 + 30 },
    says,
  );
}

function percentAxis(max: number, { percent }: Figures) {
  return {
    type: 'value' as const,
    min: 0,
    max,
    interval: max / 2,
    splitLine: { lineStyle: { color: rule } },
    axisLabel: {
      color: muted,
      fontSize: 11,
      hideOverlap: true,
      formatter: (value: number) => percent(value).replace('.0%', '%'),
    },
  };
}
