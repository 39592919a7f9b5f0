/** Standard input for a program of a machine: what is secret, or too long for an argument, goes this way. */
import type { Seat } from '../pacemaker/tool.ts';

/** The same machine, on which every program that is run gets `input`. */
export function feeding({ name, processes }: Seat, input: Uint8Array): Seat {
  return {
    name,
    processes: { ...processes, run: (command, args, options) => processes.run(command, args, { ...options, input }) },
  };
}
