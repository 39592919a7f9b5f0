/** Borg with encryption, and the compression the others have: Zstandard level 2, left out where it does not help. */
import { randomUUID } from 'node:crypto';
import { type Contestant, type Place, privateEnvironment } from '../contestant.ts';
import { type Call, run } from '../timing.ts';

/** Repository mode: authenticated with HMAC-SHA-256, which the cores have instructions for; `repokey-blake2` is slower there. */
const MODE = 'repokey';

export function borg(): Contestant {
  // Archives of one run have their own names; the last one made is what is restored.
  let archive = '';
  return {
    name: 'borg',
    version: run({ program: 'borg', args: ['--version'], folder: '/', environment: {} }).trim(),
    init: (place) => call(place, ['init', '--encryption', MODE, place.vault]),
    backup: (place) => {
      archive = `${place.vault}::${randomUUID()}`;
      return call(place, ['create', '--compression', 'auto,zstd,2', archive, place.input]);
    },
    restore: (place, target) => ({ ...call(place, ['extract', archive]), folder: target }),
    check: (place) => call(place, ['check', '--verify-data', place.vault]),
  };
}

function call(place: Place, args: string[]): Call {
  return {
    program: 'borg',
    args,
    folder: place.folder,
    environment: {
      ...privateEnvironment(place.home),
      BORG_BASE_DIR: place.home,
      BORG_PASSPHRASE: 'bench',
      BORG_RELOCATED_REPO_ACCESS_IS_OK: 'yes',
    },
  };
}
