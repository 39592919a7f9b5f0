/** Tables of the system: fstab(5) and mdadm.conf(5), as far as it matters what happens at boot. */
import { devicePath, plainPath } from '../claims.ts';

export interface FstabEntry {
  /** As a path. */
  device: string;
  /** As it is written. */
  named: string;
  directory: string;
  type: string;
  /** Mounted at boot. */
  isAutomatic: boolean;
  line: number;
}

export function fstabEntries(text: string): FstabEntry[] {
  return text.split('\n').flatMap((line, at) => {
    const [device, directory, type = 'auto', options = 'defaults'] = line.trim().split(/[ \t]+/);
    if (device === undefined || directory === undefined || device === '' || device.startsWith('#')) return [];
    const words = options.split(',');
    // A unit of systemd mounts it as soon as anybody looks there.
    const isAutomatic = !words.includes('noauto') || words.includes('x-systemd.automount');
    const [name = '', where = ''] = [device, directory].map(unescapeOctal);
    return [
      {
        device: devicePath(name),
        named: name.replaceAll('"', ''),
        directory: plainPath(where),
        type,
        isAutomatic,
        line: at + 1,
      },
    ];
  });
}

/** Arrays that `mdadm --assemble --scan` takes from this file: those with an ARRAY line. */
export function assembledAtBoot(text: string): { device: string; line: number }[] {
  return text.split('\n').flatMap((line, at) => {
    const [keyword = '', device = ''] = line.split(/[ \t]+/);
    // Keywords may be shortened to three letters.
    if (!/^arr(?:a|ay)?$/i.test(keyword) || device === '' || device === '<ignore>') return [];
    const path = device.startsWith('/') ? device : `/dev/md/${device}`;
    return [{ device: plainPath(path), line: at + 1 }];
  });
}

/** A blank is written as `\040` (fstab(5)). */
function unescapeOctal(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
