/** PowerMan: its configuration, its device specifications, and which node hangs on which plug. */
export { loadPowerman } from './powerman/load.ts';
export { powermanViewOf } from './powerman/plugs.ts';
