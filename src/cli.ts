/**
 * The command line: one file per command in `cli/`, listed in `cli/table.ts`; what they share is how arguments are read
 * (`options`, `parse`), what they are given (`context`) and how they speak (`output`). How to write one: `cli/spec.ts`.
 */
export type { Edge } from './cli/context.ts';
export { ENVIRONMENT, EXIT_CODES, GLOBAL_OPTIONS } from './cli/globals.ts';
export { describe, flagsOf, type OptionSpecs } from './cli/options.ts';
export { reportCrash, runProgram } from './cli/program.ts';
export { COMMANDS } from './cli/table.ts';
