/** Devices: what each group mounts, and from what. */
import type { heartbeat } from '../../cluster.ts';
import { claimOfScript, isSharedMount, plainPath } from '../claims.ts';
import { arraysOf, type Mount, mountsOf, ownMountsOf, type RaidArray } from './facts.ts';
import type { Configuration, Facts, LintNode, MmpFeature, Remark } from './model.ts';
import { assembledAtBoot, type FstabEntry, fstabEntries } from './tables.ts';

/** On these ext4's multiple-mount protection can be: ldiskfs is Lustre's ext4. */
export const WITH_MMP = ['ext4', 'ext3', 'ext2', 'ldiskfs', 'lustre', 'auto'];
/** A device, array, volume group, mount point or address that two groups claim. */
export function sharedTwice({ groups }: Configuration): Remark[] {
  const claims = groups.flatMap((group) => group.resources.flatMap((resource) => claimsOf(resource, group)));
  const byThing = Map.groupBy(claims, ({ thing }) => thing);
  return [...byThing.values()].flatMap(([first, ...others]) =>
    others
      .filter(({ group }) => group !== first!.group)
      .map(({ thing, resource }) => ({
        level: 'error' as const,
        place: resource.place,
        text: `${thing} is in another group as well, on line ${first!.resource.place.line}: it would be active on both nodes`,
        remedy: 'Leave it in one group; what must move together belongs on one line.',
      })),
  );
}

/** ResourceManager finds a group by the first resource of its line, wherever that stands in the file. */
export function groupKey({ groups }: Configuration): Remark[] {
  const words = groups.flatMap(({ resources }) => resources.map(textOf));
  return groups.flatMap(({ resources: [first] }) => {
    if (first === undefined || words.filter((word) => word === textOf(first)).length === 1) return [];
    return [
      {
        level: 'error' as const,
        place: first.place,
        text: `${textOf(first)} begins a group and stands elsewhere too: Heartbeat tells groups apart by their first resource`,
        remedy: 'Begin each line with a resource of its own, such as its address.',
      },
    ];
  });
}

/** `md` devices must be assembled by the group itself, before what is mounted from them. */
export function raidOrder({ groups }: Configuration): Remark[] {
  return mountsOf(groups)
    .filter(({ device }) => /^\/dev\/md/.test(device))
    .flatMap((mount): Remark[] => {
      const before = mount.group.resources.slice(0, mount.group.resources.indexOf(mount.resource));
      const own = arraysOf([mount.group]).find((array) => isOn(mount, array));
      if (own !== undefined && before.includes(own.resource)) return [];
      return [
        {
          level: 'error',
          place: mount.resource.place,
          text:
            own === undefined
              ? `nothing in this group assembles ${mount.device}`
              : `${mount.device} is assembled after it would be mounted: resources start from left to right`,
          remedy: `Write before it: Raid1::/etc/mdadm.conf.NAME::${mount.device}`,
        },
      ];
    });
}

/** An array of the cluster that the system assembles by itself is written to by both nodes. */
export function raidAtBoot({ mdadmConf, name }: LintNode, { groups }: Configuration): Remark[] {
  if (mdadmConf.kind !== 'read') return [];
  const lines = assembledAtBoot(mdadmConf.content);
  const devices = [...arraysOf(groups), ...mountsOf(groups)].map(({ device }) => device);
  return lines
    .filter(({ device }) => devices.some((each) => baseOf(each) === device))
    .map(({ device, line }) => ({
      level: 'error',
      place: { file: mdadmConf.path, line, column: 1 },
      text: `${device} is assembled at boot on ${name}, while its peer may have it in use`,
      remedy: 'Move its ARRAY line to a file that only the Raid1 resource names, and rebuild the initial ramdisk.',
    }));
}

export function filesystemParams({ groups }: Configuration): Remark[] {
  const all = groups.flatMap(({ resources }) => resources).filter(({ script }) => script === 'Filesystem');
  return all
    .filter(({ params: [device, directory] }) => device === undefined || !directory?.startsWith('/'))
    .map(({ place }) => ({
      level: 'error',
      place,
      text: 'Filesystem needs a device and a mount point',
      remedy: 'Write: Filesystem::DEVICE::DIRECTORY::TYPE',
    }));
}

/** Told once a device, of whichever node could look. */
export function mmpOff({ configurations, nodes }: Facts): Remark[] {
  const mounts = configurations.flatMap(({ groups }) => ownMountsOf(groups));
  const byDevice = Map.groupBy(mounts, ({ device }) => device);
  return [...byDevice.values()].flatMap(([mount]): Remark[] => {
    const { device, type, resource } = mount!;
    const seen = nodes.flatMap(({ mmp }) => mmp?.get(device) ?? []);
    const remark = unprotected({ device, type, place: resource.place }, seen);
    return remark === undefined ? [] : [remark];
  });
}

/** A device that a second node can mount; undefined when it is protected, or nobody could look. */
export function unprotected(
  { device, type, place }: { device: string; type: string | undefined; place: Remark['place'] },
  seen: readonly MmpFeature[],
): Remark | undefined {
  if ((type !== undefined && !WITH_MMP.includes(type)) || seen.includes('not-ext4'))
    return {
      level: 'warning',
      place,
      text: `${device} has no multiple-mount protection, as ${type ?? 'its filesystem'} knows none: only fencing protects it`,
      remedy: 'Prove the fencing path regularly, or use ext4 or ldiskfs with the mmp feature.',
    };
  if (!seen.includes('off')) return undefined;
  return {
    level: 'error',
    place,
    text: `multiple-mount protection is off on ${device}: two nodes can mount it and destroy it`,
    remedy: `Unmount it everywhere, then: holdfast ha mmp enable --host PEER ${device}`,
  };
}

/** What the cluster mounts must not be mounted by the system; what both systems mount must not be one device. */
export function fstabMounts({ configurations, nodes }: Facts): Remark[] {
  return fstabMountsOf(
    configurations.flatMap(({ groups }) => mountsOf(groups)),
    nodes,
  );
}

export function fstabMountsOf(
  mounts: readonly Pick<Mount, 'device' | 'directory'>[],
  nodes: readonly LintNode[],
): Remark[] {
  const entries = nodes.flatMap((node) => (node.fstab.kind === 'read' ? automatic(node, node.fstab.content) : []));
  return entries.flatMap(({ entry, node }): Remark[] => {
    const place = { file: node.fstab.path, line: entry.line, column: 1 };
    const mount = mounts.find(({ device, directory }) => device === entry.device || directory === entry.directory);
    const others = entries.filter((each) => each.node !== node && each.entry.device === entry.device);
    const where = [node, ...others.map((each) => each.node)].map(({ name }) => name).join(' and ');
    if (mount !== undefined)
      return [
        {
          level: 'error',
          place,
          text: `${entry.named} on ${entry.directory} is mounted at boot on ${where}, and by the cluster`,
          remedy: 'Add noauto to its options, or remove the line, on all nodes.',
        },
      ];
    if (others.length === 0 || !isGlobal(entry)) return [];
    return [
      {
        level: 'error',
        place,
        text: `${entry.named} is mounted at boot on ${where}: the same filesystem on two nodes`,
        remedy: 'Let the cluster mount it, and add noauto on all nodes.',
      },
    ];
  });
}

/** Both nodes have groups of their own, and one has at least two filesystems more. */
export function unbalanced({ groups, settings }: Configuration): Remark[] {
  const loads = settings.nodes.map((node) => ({
    node,
    groups: groups.filter((group) => group.node === node).length,
    mounts: mountsOf(groups.filter((group) => group.node === node)).length,
  }));
  const [most, least] = [
    loads.toSorted((a, b) => b.mounts - a.mounts)[0],
    loads.toSorted((a, b) => a.mounts - b.mounts)[0],
  ];
  if (loads.length < 2 || loads.some((load) => load.groups === 0) || most!.mounts - least!.mounts < 2) return [];
  return [
    {
      level: 'warning',
      place: groups.find((group) => group.node === most!.node)!.place,
      text: `${most!.node} serves ${most!.mounts} filesystems and ${least!.node} ${least!.mounts}: half of the hardware idles`,
      remedy: `Let ${least!.node} be the preferred node of some of them.`,
    },
  ];
}

function claimsOf(resource: heartbeat.HaResource, group: heartbeat.HaGroup) {
  const { script, params } = resource;
  const claim = claimOfScript(script, params);
  const directory = script === 'Filesystem' ? params[1] : undefined;
  const things = [...(claim === undefined ? [] : [claim]), ...(directory === undefined ? [] : [plainPath(directory)])];
  return things.map((thing) => ({ thing, resource, group }));
}

function textOf({ script, params, isImplicit }: heartbeat.HaResource): string {
  return (isImplicit ? params : [script, ...params]).join('::');
}

/** A partition of the array counts as the array. */
function isOn({ device }: Mount, array: RaidArray): boolean {
  return baseOf(device) === baseOf(array.device);
}

function baseOf(device: string): string {
  return device.replace(/^(\/dev\/md(?:\/?\w*?\d+))p\d+$/, '$1');
}

function automatic(node: LintNode, text: string): { entry: FstabEntry; node: LintNode }[] {
  return fstabEntries(text)
    .filter((entry) => entry.isAutomatic && !isSharedMount({ ...entry, options: undefined }) && entry.type !== 'swap')
    .map((entry) => ({ entry, node }));
}

/**
 * `/dev/sda1`, `/dev/md0` and `/dev/mapper/vg-root` of two nodes are two devices, and each system has a `LABEL=/` of its own; an
 * id, a label of data, or a name of multipath is of one.
 */
function isGlobal({ device, directory }: FstabEntry): boolean {
  const isSystem = /^\/(?:boot(?:\/efi)?|usr|usr\/local|var|var\/\w+|tmp|home|opt)?$/.test(directory);
  return !isSystem && /^\/dev\/disk\/by-(?!path\/)|^\/dev\/mapper\/(?:mpath|3[0-9a-f]{16})/.test(device);
}
