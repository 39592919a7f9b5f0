/** corosync.conf: the document without loss, what it means, what is wrong with it, and new ones with their key. */
export { buildCorosync, newAuthkey, type PlainCorosync, type PlainCorosyncNode } from './corosync/build.ts';
export { checkCorosync } from './corosync/check.ts';
export {
  formatCorosync,
  parseCorosync,
} from './corosync/document.ts';
export {
  type CorosyncSettings,
  settingsOf,
} from './corosync/settings.ts';
