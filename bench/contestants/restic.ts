/** restic with its defaults: compression `auto`, and its cache, which most users have. */
import { type Contestant, type Place, privateEnvironment } from '../contestant.ts';
import { type Call, run } from '../timing.ts';

export function restic(): Contestant {
  return {
    name: 'restic',
    version: run({ program: 'restic', args: ['version'], folder: '/', environment: {} })
      .split(' ', 2)
      .join(' '),
    init: (place) => call(place, ['init', '--repository-version', '2']),
    backup: (place) => call(place, ['backup', place.input]),
    restore: (place, target) => call(place, ['restore', 'latest', '--target', target]),
    check: (place) => call(place, ['check', '--read-data']),
  };
}

function call(place: Place, args: string[]): Call {
  return {
    program: 'restic',
    args: ['--quiet', '-r', place.vault, ...args],
    folder: place.folder,
    environment: { ...privateEnvironment(place.home), RESTIC_PASSWORD: 'bench' },
  };
}
