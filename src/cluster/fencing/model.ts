/** What a configuration says of fencing. */
import type { FencingLevel } from '../cib/model.ts';
import type { Secret } from '../stonith/secret.ts';

export interface DeviceParam {
  name: string;
  /** Passwords and the like print as `[hidden]`. */
  value: string | Secret;
}

/**
 * How it is known which nodes a device can fence (pacemaker-fenced(7), `pcmk_host_check`): from the configuration; by asking
 * the device for all at once, or for one; or every node is taken for one of them.
 */
export type TargetsBy = 'static-list' | 'dynamic-list' | 'status' | 'none' | 'not said';

export interface FencingDevice {
  id: string;
  /** `fence_ipmilan`, or `external/ipmi` of cluster-glue. */
  agent: string;
  targetsBy: TargetsBy;
  /** Nodes that it can fence, where the configuration tells. */
  targets: readonly string[] | undefined;
  /** What the device calls a node, where that is not its name. */
  plugs: ReadonlyMap<string, string>;
  params: readonly DeviceParam[];
  /** Nodes that must not use it. Where rules decide, that is not known here. */
  barredFrom: readonly string[];
  /** Stopped on purpose: no fencing with it. */
  isDisabled: boolean;
  /** Of the monitor that the cluster runs; undefined when it never looks. */
  monitorIntervalMs: number | undefined;
}

export interface Fencing {
  devices: readonly FencingDevice[];
  levels: readonly FencingLevel[];
}
