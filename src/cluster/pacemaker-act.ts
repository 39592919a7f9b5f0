/** Changing a Pacemaker cluster: its commands, waiting for it, its configuration as a whole, and what its nodes have mounted. */
export { argvOf, changePacemaker, type PacemakerChange } from './pacemaker-act/change.ts';
export { CibCopy } from './pacemaker-act/copy.ts';
export { readLiveCib, replaceConfiguration, verifyCib } from './pacemaker-act/document.ts';
export { type NodeMounts, readMounts } from './pacemaker-act/mounts.ts';
export { waitPacemaker } from './pacemaker-act/wait.ts';
