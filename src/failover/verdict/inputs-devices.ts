/** Inputs of a verdict about who has a filesystem; pure. */
import { live, type mmp, type state } from '../../cluster.ts';
import { type MountTables, whereMounted } from '../act/mounted.ts';
import type { VerdictInput } from './model.ts';

export interface BlockSight extends live.Holding {
  /** Where it was read. */
  host: string;
  nowMs: number;
}

/** What the block of a device says, beside what the cluster says of its resource. */
export function mmpInput(
  filesystem: state.SharedFilesystem,
  reading: mmp.MmpReading,
  { host, nowMs, ...holding }: BlockSight,
): VerdictInput {
  const { finding, text } = live.judgeDevice(filesystem, reading, holding);
  return {
    name: 'mmp',
    subject: `${filesystem.resource} (${filesystem.device})`,
    finding,
    examinedMs: finding === 'unexamined' ? undefined : nowMs,
    text: `${text} (seen from ${host})`,
  };
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
  // Of a node that is away nobody knows what its kernel has, least of all that it has nothing.
  if (!tables.has(missing)) {
    const text = `${input.text}, but its mounts could not be read: ${missing} is not online`;
    return { ...input, finding: 'unexamined', examinedMs: undefined, text };
  }
  return { ...input, finding: 'bad', text: `${input.text}, but ${missing} has not mounted it: somebody else has it` };
}
