import { ThemeId } from '@heard/events/rca';
import { insightRoles } from '@heard/service/access';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { wordAlarm } from './alarm-wording.ts';

const AlarmBody = z.object({
  alarmId: z.uuid(),
  kind: z.enum(['burst', 'new']),
  themeId: z.string(),
  names: z
    .object({ zh: z.string(), en: z.string() })
    .nullable()
    .meta({ description: 'null for a theme nobody has named.' }),
  words: z.array(z.string()).nullable().meta({ description: 'Of a discovered theme.' }),
  tier: z.enum(['frame', 'discovery']),
  version: z.int(),
  channel: z.string().nullable().meta({ description: 'null: over all channels.' }),
  day: z.iso.date(),
  lastDay: z.iso.date().meta({ description: 'So long it went on, day after day.' }),
  observed: z.int(),
  expected: z.number(),
  p: z.number().nullable(),
  level: z.number().nullable().meta({ description: 'A burst is told of below this p.' }),
  raisedAt: z.string(),
});
type Row = Omit<z.infer<typeof AlarmBody>, 'raisedAt'> & { raised: Date };

/** Themes that burst out, and new ones. */
export function registerAlarmRoutes({ database, http }: Service): void {
  http.get(
    '/v1/alarms',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'Bursts of themes and new themes, newest day first',
        querystring: z.object({
          theme: ThemeId.optional(),
          kind: z.enum(['burst', 'new']).optional(),
          lang: z.enum(['zh', 'en']).default('zh'),
          cursor: z.uuid().optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: {
          200: z.object({ items: z.array(AlarmBody.extend({ text: z.string() })), next: z.string().nullable() }),
        },
      },
    },
    async ({ query: { theme, kind, lang, cursor, limit } }) => {
      const { rows } = await sql<Row>`
        select alarm_id as "alarmId", kind, a.theme_id as "themeId", tier, a.version, channel, to_char(day, 'YYYY-MM-DD') as day,
               to_char(last_day, 'YYYY-MM-DD') as "lastDay", observed, expected, p, level, raised_at as raised, d.words,
               (select jsonb_build_object('zh', t ->> 'zh', 'en', t ->> 'en') from jsonb_array_elements(f.document -> 'themes') as t
                 where t ->> 'id' = a.theme_id) as names
          from alarms a left join code_frames f on tier = 'frame' and f.version = a.version
          left join discovered_themes d on tier = 'discovery' and d.number = a.version and d.theme_id = a.theme_id
         where (${theme ?? null}::text is null or a.theme_id = ${theme ?? null}) and (${kind ?? null}::text is null or kind = ${kind ?? null})
           and (${cursor ?? null}::uuid is null or (day, alarm_id) < (select day, alarm_id from alarms where alarm_id = ${cursor ?? null}))
         order by day desc, alarm_id desc limit ${limit}`.execute(database);
      return {
        items: rows.map(({ raised, ...one }) => {
          const name = one.names?.[lang] ?? one.words?.slice(0, 3).join(lang === 'zh' ? '、' : ', ') ?? one.themeId;
          return { ...one, raisedAt: raised.toISOString(), text: wordAlarm({ ...one, name }, lang) };
        }),
        next: rows.length === limit ? rows.at(-1)!.alarmId : null,
      };
    },
  );
}
