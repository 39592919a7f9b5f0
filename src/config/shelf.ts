/** Shelves in the configuration: dated folder trees of archives, and where they are sent. */
import { z } from 'zod';
import { LOCAL, name, path } from './parts.ts';
import { limit, size } from './values.ts';

const item = z.strictObject({
  category: name.describe('First folder below the root, such as svn or tracs'),
  name: name.describe('Second folder'),
  file: z.string().default('*.tar.gz').describe('Pattern for the names of its archives'),
  perDay: z
    .int()
    .min(0)
    .default(1)
    .describe('How many archives each day has when all is well; 0 when not every day has one'),
  minSize: size.default(1).describe('A smaller archive is reported'),
  keep: z.int().min(1).optional().describe('How many the target keeps of it; as the shelf says when absent'),
});

export const shelf = z.strictObject({
  root: path.describe('Folder of the shelf on this machine'),
  layout: z
    .string()
    .default('dated')
    .describe(
      'How paths below the root are made: dated is {category}/{name}/{year}/{month}/{day}/{time}/{file}, ' +
        'weekday is {category}/{name}/{file} with the day in the file, such as backup-{weekday}.sql.gz; or such a pattern',
    ),
  items: z.array(item).min(1).describe('What is expected on it'),
  sidecars: z
    .array(z.enum(['dna', 'sha256']))
    .min(1)
    .default(['dna', 'sha256'])
    .describe('Files beside each archive that say what it must be'),
  timezone: z.string().optional().describe('Of the days and times in the paths'),
  target: z
    .strictObject({
      host: z.string().default(LOCAL).describe('Where the copy is'),
      root: z.string().regex(/^\//, 'an absolute path').describe('Folder of the shelf there'),
      bandwidth: size.optional().describe('Bytes a second at most'),
      retries: z.int().min(0).max(100).default(5).describe('How often a transfer that was cut is begun again'),
      timeLimit: limit.prefault('12h').describe('For one archive'),
    })
    .optional()
    .describe('Where its copy is; none when absent'),
  keep: z.int().min(1).default(3).describe('Archives the target keeps of each category and name'),
});
