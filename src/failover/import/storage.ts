/** Scripts for devices and file systems. */
import { agent, type MapOptions, type Mapped, type MapScript, none, positional, SAME, tooMany } from './mapped.ts';

const MDRAID = 'mdraid is what became of Raid1, without the raidtools that are long gone.';
const LVM =
  'It activates the volume group without keeping others from doing so, as before. LVM-activate with vg_access_mode=system_id ' +
  'would keep them, and needs a system id in the volume group: worth a change of its own.';
const OLD = 'The agent still exists; the technology behind it is no longer developed.';

export const STORAGE_SCRIPTS: Readonly<Record<string, MapScript>> = {
  Filesystem: filesystem,
  LVM: positional('LVM', 'volgrpname!', LVM),
  Raid1: ([conf, device, ...more]) => {
    if (more.length > 0) return tooMany('Raid1', 2);
    if (conf === undefined || device === undefined)
      return none('names no configuration file with a device', INCOMPLETE);
    return agent('mdraid', { mdadm_conf: conf, md_dev: device }, MDRAID);
  },
  LinuxSCSI: positional('LinuxSCSI', 'scsi!', OLD),
  ServeRAID: positional('ServeRAID', 'serveraid! mergegroup!', OLD),
  ICP: positional('ICP', 'driveid! device!', OLD),
  EvmsSCC: () => none('is EVMS, which no kernel has any more', 'move the volumes to LVM, and add that at its place'),
  drbddisk: ([device, ...more]) => {
    if (more.length > 0) return tooMany('drbddisk', 1);
    if (device !== undefined) return { kind: 'drbd', device };
    return none('names no device, which means all of them', 'name each device: drbddisk::RESOURCE');
  },
  drbdupper: ([device = 'RESOURCE']) =>
    none(
      'is a stacked device of DRBD, whose lower device has to be promoted on the same node first',
      `a promotable clone of ocf:linbit:drbd with drbd_resource=${device}, clone-max=1 and clone-node-max=1, with the lower ` +
        'device promoted, ordered before this group and colocated with it',
    ),
};

const INCOMPLETE = 'complete the line; Heartbeat does not take it as it stands';

/** `DEVICE DIRECTORY [TYPE [OPTIONS]]` */
function filesystem(params: readonly string[], { lustreAgent }: MapOptions): Mapped {
  const [device, directory, fstype, options, ...more] = params;
  if (more.length > 0) return tooMany('Filesystem', 4);
  if (device === undefined || directory === undefined) return none('names no device with a directory', INCOMPLETE);
  if (fstype === 'lustre' && lustreAgent === 'lustre') return lustre({ device, directory, options });
  const note =
    fstype === undefined
      ? 'The type is left to mount, as before; write it in, as the agent chooses its checks by it.'
      : SAME;
  const mount = { device, directory, fstype: fstype ?? 'auto' };
  return agent('Filesystem', { ...mount, ...(options === undefined ? {} : { options }) }, note);
}

function lustre(target: { device: string; directory: string; options: string | undefined }): Mapped {
  const { device, directory, options } = target;
  const params = {
    target: device,
    // The agent compares real paths, which have no slash at their end.
    mountpoint: directory.replace(/(?<=.)\/+$/, ''),
    ...(options === undefined ? {} : { mountoptions: options }),
  };
  const note =
    'Asked for. The agent comes with Lustre (lustre-resource-agents) and looks at lctl, not only at the mount' +
    (options === undefined ? '.' : '; older versions of it know no mountoptions: see that yours does.');
  return { kind: 'agent', agent: 'ocf:lustre:Lustre', params, note };
}
