/** What the blocks of a device say beside what the cluster says of its resource: judged alike for status and verdicts. */
import type { MmpReading } from '../mmp/model.ts';
import type { SharedFilesystem } from '../state.ts';

export interface DeviceJudgement {
  /** `unexamined`: nothing can be said of it. */
  finding: 'good' | 'bad' | 'unexamined';
  /** Stable name of what was found, for programs. */
  code: 'mmp-as-told' | 'mmp-held' | 'mmp-twice' | 'mmp-clean' | 'mmp-fsck' | 'mmp-off' | 'mmp-damaged' | 'mmp-none';
  text: string;
}

export interface Holding {
  /** Nodes where the cluster says that the resource is active. */
  holders: readonly string[];
  /** While the cluster itself does not know, either may be so. */
  isUnsure?: boolean;
  /** Only the primary of a DRBD can open it, so that none mounts it beside; its roles are an input of their own. */
  isDrbd?: boolean;
}

export function judgeDevice(
  filesystem: Pick<SharedFilesystem, 'isReadOnly' | 'kind'>,
  reading: MmpReading,
  { holders, isUnsure = false, isDrbd = false }: Holding,
): DeviceJudgement {
  const holder = holders.join(' and ');
  if (holders.length > 1 && reading.state !== 'not-ext4')
    return bad('mmp-twice', `the cluster says that ${holder} have it at once`);
  switch (reading.state) {
    case 'clean':
      if (holder === '' || isUnsure) return good('clean: nobody has it');
      // A mount that only reads leaves the block alone.
      if (filesystem.isReadOnly) return good(`clean: ${holder} has it to read only`);
      return bad('mmp-clean', `clean, as if nobody had it, and the cluster says that ${holder} has it`);
    case 'active-or-crashed':
      if (isUnsure) return good('in use, and the cluster is not sure by whom');
      if (holder !== '') return good(`in use, as the cluster says: ${holder} has it`);
      return bad('mmp-held', `somebody has it, or had it when it died${by(reading)}, and the cluster knows of nobody`);
    case 'fsck':
      return bad('mmp-fsck', 'e2fsck or tune2fs is at work on it, or died at work: a mount is refused');
    case 'no-mmp':
      if (isDrbd) return good('no multiple-mount protection: only the primary of its DRBD can mount it', 'mmp-none');
      return bad('mmp-off', 'no multiple-mount protection: a second host can mount it at any time');
    case 'damaged':
      return bad('mmp-damaged', `damaged: ${reading.damage?.text ?? 'it cannot be trusted'}`);
    case 'not-ext4':
      return withoutExt4(filesystem, reading);
  }
}

/** What is on a device of these types has to be one of ext4; `lustre` stands for a target, whose ldiskfs is one. */
const OF_EXT4 = /^(?:ext[234]|ldiskfs|lustre)$/;

function withoutExt4({ kind }: Pick<SharedFilesystem, 'kind'>, { damage }: MmpReading): DeviceJudgement {
  const found = damage?.text ?? 'no ext4';
  if (kind === undefined) {
    const text = `${found}, and its type is not configured: nobody knows what protects it`;
    return { finding: 'unexamined', code: 'mmp-none', text };
  }
  if (OF_EXT4.test(kind)) return bad('mmp-damaged', `${found}, and it is configured as ${kind}`);
  return good(`${kind}, and so without such a protection: fencing alone protects it`, 'mmp-none');
}

function good(text: string, code: DeviceJudgement['code'] = 'mmp-as-told'): DeviceJudgement {
  return { finding: 'good', code, text };
}

function bad(code: DeviceJudgement['code'], text: string): DeviceJudgement {
  return { finding: 'bad', code, text };
}

function by({ mmp: block }: MmpReading): string {
  return block === undefined || block.nodeName === '' ? '' : ` (${block.nodeName})`;
}
