/** Heartbeat's configuration: `ha.cf`, `haresources` and `authkeys`, read, changed and written without loss. */
export { formatAuthkeys, keyTextOf, parseAuthkeys } from './heartbeat/authkeys.ts';
export { DIRECTIVE_NAMES } from './heartbeat/directives.ts';
export { formatDuration } from './heartbeat/duration.ts';
export {
  directivesOf,
  parseHaCf,
} from './heartbeat/ha-cf.ts';
export {
  formatResource,
  parseHaresources,
} from './heartbeat/haresources.ts';
export type {
  Authkeys,
  HaCf,
  HaDirective,
  HaGroup,
  HaKey,
  HaMedium,
  HaResource,
  Haresources,
  HaSettings,
  StonithLine,
} from './heartbeat/model.ts';
export { HA_DEFAULTS, settingsOf } from './heartbeat/settings.ts';
