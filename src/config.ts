/**
 * The configuration: holdfast.yaml and what it includes, checked against one schema, with every default filled in. Only
 * edges read it; features take plain options. Problems name file, line and column, what was expected, and the nearest
 * known key. Secrets are read where they are used, and are in no message.
 */

/** For the commands that check and show it. */
export * as inspect from './config/inspect.ts';
export { type LoadedConfig, loadConfig } from './config/load.ts';
export type { Hook, ScheduleConfig, Secret } from './config/parts.ts';
export type {
  Config,
  HostConfig,
  PlanConfig,
  ShelfConfig,
  SourceConfig,
  TargetConfig,
  VaultConfig,
} from './config/schema.ts';
export { readSecret } from './config/secret.ts';
export { audienceOf, kindOf, toldOf } from './config/told.ts';
/** When something is due: cron expressions and calendar words, with their times. */
export * as when from './config/when.ts';
