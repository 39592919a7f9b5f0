/** Tables of the system: fstab(5) and mdadm.conf(5), as far as it matters what happens at boot. */
import { plainPath } from './facts.ts';

export interface FstabEntry {
  device: string;
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
    const isAutomatic = !options.split(',').includes('noauto');
    const named = [device, directory].map((word) => plainPath(unescapeOctal(word)));
    return [{ device: named[0]!.replaceAll('"', ''), directory: named[1]!, type, isAutomatic, line: at + 1 }];
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
