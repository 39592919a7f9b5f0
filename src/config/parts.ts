/** Parts of the schema that several places use. */
import { z } from 'zod';
import { duration, limit } from './values.ts';

/** The name of the machine Holdfast runs on, among the hosts. */
export const LOCAL = 'local';

/** Names of plans, vaults, tags …: they become parts of paths, of metrics and of tags in snapshots. */
export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a name of letters, digits, dots, underscores and hyphens')
  .max(100);

/** A path on this machine; a relative one is meant from the folder of the file it stands in. */
export const path = z.string().min(1);

/** Where a vault lies: such a path, or an address that says how it is reached. */
export const vaultAddress = z.string().regex(/\S/, 'a path or an address');

/** Run without a shell: what stands in it reaches the program as it is. */
export const command = z
  .array(z.string())
  .min(1)
  .refine(([program]) => program !== '', 'a program first');

/** A secret is never in a message, in `config show`, or in a log. Files and commands are read at the moment of use. */
export const secret = z.union([
  z.strictObject({ value: z.string().min(1).describe('The secret itself; better a variable of the environment') }),
  z.strictObject({ file: path.describe('A file that holds it; one newline at its end does not count') }),
  z.strictObject({
    command: command.describe('A program that prints it; one newline at the end does not count'),
    timeLimit: limit.prefault('30s').describe('It is stopped after this'),
  }),
  z.strictObject({
    credential: z.string().min(1).describe('A credential that systemd hands over (LoadCredential=, systemd.exec(5))'),
  }),
]);
export type Secret = z.output<typeof secret>;

export const hook = z.strictObject({
  command: command.describe('Program and arguments, run without a shell'),
  host: z.string().default(LOCAL).describe('Where it runs'),
  timeLimit: limit.prefault('10m').describe('It is stopped after this, and has failed'),
});
export type Hook = z.output<typeof hook>;

/** When something runs. */
const schedule = z.strictObject({
  at: z
    .string()
    .describe('When: a cron expression, or words such as hourly, daily, 22:30, Mon..Fri 22:00, *-*-01 03:00'),
  timezone: z
    .string()
    .optional()
    .describe('Time zone of `at`, such as Europe/Berlin; that of the whole file when absent'),
  randomDelay: duration.optional().describe('Begins up to this much later, so that many machines do not begin at once'),
  catchUp: z.boolean().default(true).describe('A run that was missed while nothing ran is made up for, once'),
});
/** A time alone, or with what belongs to it. */
export const scheduled = z.union([z.string().transform((at) => schedule.parse({ at })), schedule]);
export type ScheduleConfig = z.output<typeof schedule>;
