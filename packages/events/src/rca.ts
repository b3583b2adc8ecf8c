import * as z from 'zod';
import { ExternalId, Instant, PersonId, personal, text } from './vocabulary.ts';

/** A theme's id: from the code frame a name such as `delivery-speed`, from discovery a UUID. */
export const ThemeId = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens');
/** `frame`: maintained by people, what is counted on. `discovery`: found by the program, a proposal. */
export const Tier = z.enum(['frame', 'discovery']);
export const Department = text(60).min(1);

const themeFact = {
  themeId: ThemeId,
  tier: Tier,
  version: z.int().min(1).meta({ description: 'Of the code frame, or the number of the discovery.' }),
  at: Instant,
};

export const ThemeDetected = z
  .object({
    ...themeFact,
    names: z
      .object({ zh: z.string(), en: z.string() })
      .optional()
      .meta({ description: 'Absent until people name it.' }),
    words: z.array(z.string()).meta(personal),
    comments: z.int().nonnegative(),
  })
  .meta({ description: 'A theme that was not there before: taken into the code frame, or found in the comments.' });
export const ThemeChanged = z
  .object({
    ...themeFact,
    change: z.enum(['renamed', 'reworded', 'split', 'merged', 'gone']),
    into: z.array(ThemeId).meta({ description: 'The themes that go on: several after a split, one after a merge.' }),
  })
  .meta({ description: 'A theme was renamed, given other words, split, merged into another, or ended.' });
export const ThemeAlarmed = z
  .object({
    ...themeFact,
    kind: z.enum(['burst', 'new']),
    day: z.iso.date().meta({ description: "The company's day that was looked at." }),
    channel: z.string().nullable().meta({ description: 'null: over all channels.' }),
    names: z
      .object({ zh: z.string(), en: z.string() })
      .optional()
      .meta({ description: 'Absent until people name it.' }),
    words: z.array(z.string()).meta(personal).optional(),
    observed: z.int().nonnegative(),
    expected: z.number().nonnegative(),
  })
  .meta({ description: 'Far more comments named a theme than chance explains, or a new theme grew large.' });

const initiativeFact = { initiativeId: z.uuid(), themeId: ThemeId, at: Instant };

export const InitiativeOpened = z
  .object({
    ...initiativeFact,
    ownerId: PersonId.meta({ description: 'The executive who must fix it.' }),
    department: Department,
    rank: z
      .int()
      .min(1)
      .meta({ description: 'Among initiatives, 1 first; has nothing to do with the priority of a case.' }),
    dueAt: Instant,
    by: PersonId,
  })
  .meta({ description: 'A cross-department project against a cause began.' });
export const InitiativeMoved = z
  .object({
    ...initiativeFact,
    from: z.enum(['open', 'signed-off', 'fixed', 'proven', 'abandoned']),
    to: z.enum(['open', 'signed-off', 'fixed', 'proven', 'abandoned']),
    by: PersonId,
  })
  .meta({ description: 'An initiative was signed off, reported as fixed, proven, or abandoned.' });
export const InitiativeValidated = z
  .object({
    ...initiativeFact,
    validationId: z.uuid(),
    verdict: z.enum(['confirmed', 'no-evidence', 'worse', 'underpowered']),
    difference: z
      .object({ estimate: z.number(), lower: z.number(), upper: z.number() })
      .meta({ description: 'Share of comments naming the theme, after − before.' }),
  })
  .meta({ description: 'The proof that was registered beforehand came out.' });

const flyWireFact = { flyWireId: z.uuid(), initiativeId: z.uuid().nullable(), at: Instant };

/** A temporary bypass (飞线SOP) while the real fix is built. */
export const FlyWireOpened = z
  .object({
    ...flyWireFact,
    kind: z.enum(['read-only-access', 'advance-refund']),
    roles: z.array(z.string()).min(1).meta({ description: 'Who may use it.' }),
    system: ExternalId.optional().meta({ description: 'What may be read, for read-only-access.' }),
    ceiling: z
      .object({ amount: z.int().positive(), currency: z.string().regex(/^[A-Z]{3}$/) })
      .optional()
      .meta({ description: 'The most one advance refund may be, for advance-refund.' }),
    highValueOnly: z.boolean(),
    expiresAt: Instant,
    by: PersonId,
  })
  .meta({ description: 'A temporary bypass may be used from now until it expires.' });
export const FlyWireEnded = z
  .object({
    ...flyWireFact,
    cause: z.enum(['expired', 'revoked', 'proven']).meta({ description: 'proven: the fix it stood in for is.' }),
    by: PersonId.nullable(),
  })
  .meta({ description: 'A temporary bypass may no longer be used.' });
