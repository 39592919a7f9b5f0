/** STONITH plugins of Heartbeat, and the fence devices of Pacemaker that stand in for them. */
export { fenceAttributesOf } from './stonith/attributes.ts';
export { fenceDevicesOf } from './stonith/devices.ts';
export type {
  FenceDevice,
  FencePlan,
  NamedStonith,
} from './stonith/model.ts';
export { STONITH_PLUGINS, stonithPlugin } from './stonith/plugins.ts';
export { Secret } from './stonith/secret.ts';
export { powerlessness } from './stonith/without-power.ts';
