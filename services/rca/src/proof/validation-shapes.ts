import { Instant, PersonId } from '@heard/events/vocabulary';
import * as z from 'zod';
import { CorpusFilter } from '../corpus/corpus-filter.ts';
import { Control } from './registrations.ts';

export const Language = z.enum(['zh', 'en']).default('zh');

const Window = z.object({ from: Instant, until: Instant });
const Count = z.object({ hits: z.int(), of: z.int() });
const Interval = z.object({ estimate: z.number(), lower: z.number(), upper: z.number() });
const Names = z.object({ zh: z.string(), en: z.string() });

const Forecast = z.object({
  needed: z.int().nullable().meta({ description: 'Comments of the second window; null: no number is enough.' }),
  perWeek: z.number(),
  enoughOn: Instant.nullable().meta({ description: 'null: never at this rate.' }),
  power: z.number().meta({ description: 'At the end of the window, at this rate.' }),
  smallestDetectableChange: z.number().nullable().meta({ description: 'In shares.' }),
  text: z.string(),
});

export const Validation = z.object({
  validationId: z.uuid(),
  registrationId: z.uuid().meta({ description: 'The same for themes registered together.' }),
  initiativeId: z.uuid().nullable(),
  themeId: z.string(),
  names: Names,
  frameVersion: z.int().meta({ description: 'Both windows are counted with this version of the code frame.' }),
  metric: z.enum(['mention-share', 'primary-share']),
  baseline: Window,
  after: Window,
  expectedChange: z.number(),
  filter: CorpusFilter,
  control: Control.nullable(),
  alpha: z.number(),
  sided: z.enum(['one', 'two']),
  correction: z.enum(['benjamini-hochberg', 'none']),
  comparisons: z.int(),
  others: z.int().meta({
    description: 'Registrations of the same theme whose windows overlap this one; α is not shared with them.',
  }),
  minN: z.int(),
  power: z.number(),
  registeredBy: PersonId,
  registeredAt: Instant,
  forecast: Forecast.nullable().meta({ description: 'As it was shown at registration; null: no baseline yet.' }),
  verdict: z.enum(['confirmed', 'no-evidence', 'worse', 'underpowered']).nullable(),
  concludedAt: Instant.nullable(),
  numbers: z
    .object({
      method: z.enum(['z', 'fisher', 'difference-in-differences']),
      before: Count.extend(Interval.shape),
      after: Count.extend(Interval.shape),
      control: z.object({ before: Count, after: Count }).nullable(),
      difference: Interval.meta({ description: 'In shares; beyond that of the control where there is one.' }),
      p: z.number(),
      corrected: z.number().meta({ description: 'What α is held against.' }),
      twoSided: z.number(),
      worse: z.number().meta({ description: 'Of a change the other way, corrected.' }),
      alpha: z.number(),
      power: z.number().meta({ description: 'The chance the expected change had to be called.' }),
      smallestDetectableChange: z.number().nullable(),
    })
    .nullable(),
  text: z.string().nullable().meta({ description: 'The verdict in words.' }),
});

/** With what is expected by now, while it runs. */
export const Running = Validation.extend({
  now: Forecast.extend({
    needed: Forecast.shape.needed,
    baseline: Count,
    soFar: z.int().meta({ description: 'Comments of the second window by now.' }),
    pending: z.int().meta({ description: 'Comments still to be assigned; it is concluded when there are none.' }),
  }).nullable(),
});
