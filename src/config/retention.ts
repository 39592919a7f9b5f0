/** How snapshots of a plan are kept, in the configuration. What the words mean is in the module `retention`. */
import { z } from 'zod';

const count = z.union([z.int().min(0), z.literal('unlimited').transform(() => -1)]);
/** `1y5m7d2h` as restic writes spans: calendar years, months, days and hours. */
export const span = z.string().regex(/^(?:\d+[ymdh])+$/, 'a span such as 1y5m7d2h');

const level = z.strictObject({
  keep: z.int().min(1).describe('How many points the level holds'),
  every: z
    .int()
    .min(2)
    .optional()
    .describe('Every so many points of the level below, one comes up; the first level has none'),
});

export const retention = z.strictObject({
  ladder: z
    .array(level)
    .min(1)
    .refine((levels) => levels.every(({ every }, at) => (every === undefined) === (at === 0)), {
      message: 'levels after the first with `every`, and the first without',
    })
    .optional()
    .describe('Levels, counted in runs: the last N, and every k-th promoted to the next level, which keeps its last M'),
  keepLast: count.optional().describe('Keeps the newest so many'),
  keepHourly: count.optional().describe('Keeps the newest of each of the last hours that have one'),
  keepDaily: count.optional().describe('Keeps the newest of each of the last days that have one'),
  keepWeekly: count.optional().describe('Keeps the newest of each of the last weeks'),
  keepMonthly: count.optional().describe('Keeps the newest of each of the last months'),
  keepYearly: count.optional().describe('Keeps the newest of each of the last years'),
  keepWithin: span.optional().describe('Keeps all so far back from the newest'),
  keepWithinHourly: span.optional().describe('Keeps the newest of each hour so far back'),
  keepWithinDaily: span.optional().describe('Keeps the newest of each day so far back'),
  keepWithinWeekly: span.optional().describe('Keeps the newest of each week so far back'),
  keepWithinMonthly: span.optional().describe('Keeps the newest of each month so far back'),
  keepWithinYearly: span.optional().describe('Keeps the newest of each year so far back'),
  keepTags: z.array(z.string()).default([]).describe('Snapshots with one of these tags stay'),
  pins: z.array(z.string()).default([]).describe('Ids of snapshots that stay until they are taken out of here'),
  keepAtLeast: z.int().min(1).default(1).describe('However the rules are, so many of the newest stay'),
});
export type RetentionConfig = z.output<typeof retention>;
