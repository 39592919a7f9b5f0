/** Clusters that run, and what is done about them by itself. */
import { z } from 'zod';
import { name, scheduled } from './parts.ts';
import { limit } from './values.ts';

/** Tries each path and shoots nobody. */
const fencing = z.strictObject({
  test: scheduled.optional().describe('When every path of fencing is tried, without a shot; only by hand when absent'),
  timeLimit: limit.prefault('30m').describe('A test is stopped after this'),
  overdueAfter: limit.optional().describe('Overdue when the newest good test is older; else two turns of the schedule'),
  notify: z.array(z.string()).optional().describe('Notification targets; those of the routes when absent'),
});

export const cluster = z.strictObject({
  nodes: z
    .array(name)
    .min(1)
    .describe(
      'As `uname -n` prints them there; each is reached as the host of that name, or as ssh knows it; this machine by its own name, or as local',
    ),
  fencing: fencing.prefault({}).describe('Whether its nodes could be fenced'),
});
