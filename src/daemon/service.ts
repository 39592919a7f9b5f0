/** The daemon, for the command that runs it. */
export type { Log, LogFields, LogLevel } from './events.ts';
export { serve } from './serve.ts';
