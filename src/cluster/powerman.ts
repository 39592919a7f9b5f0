/** PowerMan: its configuration, its device specifications, and which node hangs on which plug. */
export { fenceDeviceOfPowerman } from './powerman/fence.ts';
export { loadPowerman } from './powerman/load.ts';
export { type PowermanView, powermanViewOf } from './powerman/plugs.ts';
