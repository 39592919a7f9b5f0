/** Changing a Heartbeat cluster in version 1 mode. */
export { argvOfHeartbeat, changeHeartbeat, type HeartbeatChange } from './heartbeat-act/change.ts';
export { missingScripts, readHaCf, readHaresources } from './heartbeat-act/files.ts';
export { heartbeatFilesystems } from './heartbeat-act/filesystems.ts';
export { askStonithPaths } from './heartbeat-act/stonith-path.ts';
