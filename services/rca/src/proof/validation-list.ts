import type { Database, Tx } from '@heard/bus/log';
import { sql } from 'kysely';
import { readRegistrations } from './registrations.ts';
import type { Conclusion, Evidence } from './validation.ts';
import { type Language, wordForecast, wordVerdict } from './validation-wording.ts';

interface Concluded {
  validationId: string;
  concludedAt: Date;
  evidence: Evidence;
  conclusion: Conclusion;
}

/** Validations as people read them, by ids of registrations or of single ones; newest first. */
export async function readValidations(
  db: Database | Tx,
  ids: readonly string[],
  { lang, timeZone }: { lang: Language; timeZone: string },
) {
  const registrations = await readRegistrations(db, ids);
  const all = registrations.flatMap(({ themes }) => themes.map(({ validationId }) => validationId));
  const { rows } = await sql<Concluded>`
    select validation_id as "validationId", concluded_at as "concludedAt", evidence, conclusion
      from verdicts where validation_id = any (${all}::uuid[])`.execute(db);
  const concluded = new Map(rows.map((row) => [row.validationId, row]));
  return registrations.flatMap(({ registrationId, initiativeId, registeredBy, filter, control, themes }) =>
    themes.map((theme) => {
      const verdict = concluded.get(theme.validationId);
      const { names, promised, registeredAt, control: _, baseline, after, ...rest } = theme;
      return {
        ...rest,
        registrationId,
        initiativeId,
        names,
        baseline: edges(baseline),
        after: edges(after),
        filter,
        control,
        registeredBy,
        registeredAt: registeredAt.toISOString(),
        forecast: promised && { ...promised, text: wordForecast(lang, timeZone, { ...promised, after }) },
        verdict: verdict?.conclusion.verdict ?? null,
        concludedAt: verdict?.concludedAt.toISOString() ?? null,
        numbers: verdict ? numbersOf(verdict) : null,
        text: verdict ? wordVerdict(lang, names[lang], theme, verdict.evidence, verdict.conclusion) : null,
      };
    }),
  );
}

function numbersOf({ evidence, conclusion }: Concluded) {
  const { method, before, after, difference, p, corrected, twoSided, worse, alpha, power } = conclusion;
  const smallestDetectableChange = conclusion.smallestDetectableChange ?? null;
  return {
    ...{ method, p, corrected, twoSided, worse, alpha, power, smallestDetectableChange },
    before: { ...evidence.before, ...limits(before) },
    after: { ...evidence.after, ...limits(after) },
    control: evidence.control ?? null,
    difference: limits(difference),
  };
}

const limits = ({ estimate, lower, upper }: Conclusion['before']) => ({ estimate, lower, upper });
const edges = ({ from, until }: { from: Date; until: Date }) => ({
  from: from.toISOString(),
  until: until.toISOString(),
});
