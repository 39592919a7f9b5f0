/** Clusters that run, and what is done about them by itself. */
import { z } from 'zod';
import { name } from './parts.ts';

export const cluster = z.strictObject({
  nodes: z
    .array(name)
    .min(1)
    .describe('As `uname -n` prints them there; each is reached as the host of that name, or as ssh knows it'),
});
