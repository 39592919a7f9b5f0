/** What is kept of a round that failed. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bed } from './bed.ts';
import type { Drawn } from './draw.ts';

const FOLDER = join(tmpdir(), 'holdfast-failover-logs');
/** Of each file the end, and of all rounds the latest: 20 × 3 hosts × 4 files × 0.5 MB make at most 120 MB. */
const FILE_CHARS_MAX = 500_000;
const ROUNDS_MAX = 20;

/** @returns the folder */
export function keepLogs(bed: Bed, { seed, round }: Drawn, text: string): string {
  const folder = join(FOLDER, `${seed}-${String(round).padStart(5, '0')}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'round.json'), `${text}\n`);
  writeFileSync(join(folder, 'power.json'), `${JSON.stringify(bed.lab.power.calls.slice(-1000), undefined, 1)}\n`);
  for (const host of bed.hosts) {
    for (const file of bed.logFiles) {
      const name = `${host.name}-${file.split('/').at(-1)}`;
      writeFileSync(join(folder, name), (host.read(file) ?? '').slice(-FILE_CHARS_MAX));
    }
    writeFileSync(join(folder, `${host.name}-console`), host.console().slice(-FILE_CHARS_MAX));
  }
  for (const old of readdirSync(FOLDER).sort().slice(0, -ROUNDS_MAX))
    rmSync(join(FOLDER, old), { recursive: true, force: true });
  return folder;
}
