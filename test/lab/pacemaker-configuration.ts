/** The `configuration` section of a CIB for the lab's clusters: fencing for every node and file systems on shared disks. */
import type { Lun } from './lun.ts';

export interface ClusterFilesystem {
  lun: Lun;
  /** Node where it starts when it can. */
  prefers: string;
  /** Seconds between monitors that write and read a file; 0 or absent for none. */
  deepMonitorS?: number;
}

export interface ConfigurationOptions {
  nodes: readonly string[];
  filesystems: readonly ClusterFilesystem[];
  /** Node that is shot a second later than its peer, so that of two that shoot each other one is left. */
  shotLast?: string;
  /** 1000 when absent: nothing moves back by itself. */
  stickiness?: number;
}

/** Where the file system of a LUN is mounted. */
export function directoryOf(lun: Lun): string {
  return `/mnt/${lun.name}`;
}

/** Resources are named as their LUN, fence devices `fence-NODE`. */
export function configurationXml(options: ConfigurationOptions): string {
  const properties = {
    'stonith-enabled': 'true',
    'no-quorum-policy': 'stop',
    'dc-deadtime': '2s',
    'stonith-action': 'off',
    'stonith-timeout': '30s',
  };
  const stickiness = { 'resource-stickiness': String(options.stickiness ?? 1000) };
  return [
    '<configuration>',
    `<crm_config><cluster_property_set id="opts">${pairs('opts', properties)}</cluster_property_set></crm_config>`,
    '<nodes/><resources>',
    ...options.nodes.map((node) => fenceXml(node, node === options.shotLast)),
    ...options.filesystems.map(filesystemXml),
    '</resources><constraints>',
    ...options.filesystems.map(
      ({ lun, prefers }) => `<rsc_location id="at-${lun.name}" rsc="${lun.name}" node="${prefers}" score="100"/>`,
    ),
    '</constraints>',
    `<rsc_defaults><meta_attributes id="defaults">${pairs('defaults', stickiness)}</meta_attributes></rsc_defaults>`,
    '</configuration>',
  ].join('\n');
}

function fenceXml(node: string, isShotLast: boolean): string {
  const id = `fence-${node}`;
  const delay: Record<string, string> = isShotLast ? { pcmk_delay_base: '5s' } : {};
  return [
    `<primitive id="${id}" class="stonith" type="fence_lab">`,
    `<instance_attributes id="${id}-a">${pairs(id, { pcmk_host_list: node, plug: node, ...delay })}</instance_attributes>`,
    `<operations><op id="${id}-m" name="monitor" interval="30s" timeout="10s"/></operations></primitive>`,
  ].join('');
}

function filesystemXml({ lun, deepMonitorS = 0 }: ClusterFilesystem): string {
  const id = lun.name;
  const deep = `<op id="${id}-d" name="monitor" interval="${deepMonitorS}s" timeout="20s"><instance_attributes id="${id}-da">${pairs(`${id}-d`, { OCF_CHECK_LEVEL: '20' })}</instance_attributes></op>`;
  return [
    `<primitive id="${id}" class="ocf" provider="heartbeat" type="Filesystem">`,
    `<instance_attributes id="${id}-a">${pairs(id, { device: lun.path, directory: directoryOf(lun), fstype: 'ext4' })}</instance_attributes>`,
    `<operations><op id="${id}-s" name="start" interval="0" timeout="60s"/><op id="${id}-p" name="stop" interval="0" timeout="60s"/>`,
    `<op id="${id}-m" name="monitor" interval="5s" timeout="20s"/>${deepMonitorS > 0 ? deep : ''}</operations></primitive>`,
  ].join('');
}

function pairs(id: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `<nvpair id="${id}-${name}" name="${name}" value="${value}"/>`)
    .join('');
}
