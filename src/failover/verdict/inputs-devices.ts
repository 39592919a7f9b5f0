/** Inputs of a verdict about who has a filesystem; pure. */
import type { mmp, state } from '../../cluster.ts';
import { type MountTables, whereMounted } from '../act/mounted.ts';
import type { VerdictInput } from './model.ts';

export interface BlockSight {
  /** Nodes where the cluster says that it is active. */
  holders: readonly string[];
  /** Where it was read. */
  host: string;
  nowMs: number;
  /** Only the primary of a DRBD can open it, so that none mounts it beside; its roles are an input of their own. */
  isDrbd?: boolean;
}

/** What the block of a device says, beside what the cluster says of its resource. */
export function mmpInput(
  filesystem: state.SharedFilesystem,
  reading: mmp.MmpReading,
  { holders, host, nowMs, isDrbd = false }: BlockSight,
): VerdictInput {
  const { device, resource } = filesystem;
  const told = (finding: VerdictInput['finding'], text: string): VerdictInput => ({
    name: 'mmp',
    subject: `${resource} (${device})`,
    finding,
    examinedMs: finding === 'unexamined' ? undefined : nowMs,
    text: `${text} (seen from ${host})`,
  });
  const holder = holders.join(' and ');
  if (holders.length > 1) return told('bad', `the cluster says that ${holder} have it at once`);
  switch (reading.state) {
    case 'clean':
      if (holder === '') return told('good', 'clean: nobody has it');
      return told('bad', `clean, as if nobody had it, and the cluster says that ${holder} has it`);
    case 'active-or-crashed':
      if (holder !== '') return told('good', `in use, as the cluster says: ${holder} has it`);
      return told('bad', `somebody has it, or had it when it died${by(reading)}, and the cluster knows of nobody`);
    case 'fsck':
      return told('bad', 'e2fsck or tune2fs is at work on it, or died at work: a mount is refused');
    case 'no-mmp':
      if (isDrbd) return told('good', 'no multiple-mount protection: only the primary of its DRBD can mount it');
      return told('bad', 'no multiple-mount protection: a second host can mount it at any time');
    case 'damaged':
      return told('bad', `damaged: ${reading.damage?.text ?? 'it cannot be trusted'}`);
    case 'not-ext4': {
      const found = reading.damage?.text ?? 'no ext4';
      if (filesystem.kind === undefined)
        return told('unexamined', `${found}, and its type is not configured: nobody knows what protects it`);
      if (OF_EXT4.test(filesystem.kind)) return told('bad', `${found}, and it is configured as ${filesystem.kind}`);
      return told('good', `${filesystem.kind}, and so without such a protection: fencing alone protects it`);
    }
  }
}

/** What is on a device of these types has to be one of ext4; `lustre` stands for a target, whose ldiskfs is one. */
const OF_EXT4 = /^(?:ext[234]|ldiskfs|lustre)$/;

function by({ mmp: block }: mmp.MmpReading): string {
  return block === undefined || block.nodeName === '' ? '' : ` (${block.nodeName})`;
}

/**
 * A counter in a block does not say whose it is: the name in it is that of a machine, by whatever name that goes. Whoever
 * the cluster takes for the holder must have it mounted by its own kernel, and nobody else may.
 */
export function byKernels(
  input: VerdictInput,
  {
    filesystem,
    holders,
    tables,
  }: { filesystem: state.SharedFilesystem; holders: readonly string[]; tables: MountTables },
): VerdictInput {
  const { where, silent } = whereMounted(filesystem, tables);
  const strangers = where.filter((name) => !holders.includes(name));
  if (strangers.length > 0) {
    const known = holders.length === 0 ? 'nobody' : holders.join(' and ');
    return { ...input, finding: 'bad', text: `MOUNTED ON ${where.join(' AND ')}; the cluster knows of ${known}` };
  }
  if (input.finding !== 'good') return input;
  if (silent.length > 0)
    return {
      ...input,
      finding: 'unexamined',
      examinedMs: undefined,
      text: `${input.text}, but mounts could not be read: ${silent.join('; ')}`,
    };
  const [missing] = holders.filter((name) => !where.includes(name));
  if (missing === undefined) return input;
  return { ...input, finding: 'bad', text: `${input.text}, but ${missing} has not mounted it: somebody else has it` };
}
