/** Run as a process of its own: does the named thing to the files of a folder, over and over, until it is killed. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { syscalls } from '../../src/host.ts';

const [, , deed = '', folder = '', size = '0'] = process.argv;
const content = Buffer.alloc(Number(size), 'm');
const names = fs.readdirSync(folder);

function replaceBy(path: string, make: (path: string) => void): void {
  make(`${path}.next`);
  fs.renameSync(`${path}.next`, path);
}

const DEEDS: Record<string, (path: string, turn: number) => void> = {
  grow: (path) => fs.appendFileSync(path, 'g'.repeat(1000)),
  shrink: (path, turn) => (turn % 2 === 0 ? fs.truncateSync(path, 10) : fs.writeFileSync(path, content)),
  rewrite: (path, turn) => fs.writeFileSync(path, content.fill(turn % 256)),
  replace: (path, turn) => replaceBy(path, (next) => fs.writeFileSync(next, content.fill(turn % 256))),
  vanish: (path, turn) => (turn % 2 === 0 ? fs.rmSync(path, { force: true }) : fs.writeFileSync(path, content)),
  symlink: (path, turn) =>
    replaceBy(path, (next) =>
      turn % 2 === 0 ? fs.symlinkSync('/etc/hostname', next) : fs.writeFileSync(next, content),
    ),
  fifo: (path, turn) =>
    replaceBy(path, (next) =>
      turn % 2 === 0 ? syscalls.makeFifo(syscalls.CWD, next, 0o600) : fs.writeFileSync(next, content),
    ),
  directory: (path, turn) => {
    fs.rmSync(path, { recursive: true, force: true });
    if (turn % 2 === 0) {
      fs.mkdirSync(path);
      fs.writeFileSync(join(path, 'inside'), 'x');
    } else fs.writeFileSync(path, content);
  },
};

const act = DEEDS[deed];
if (act === undefined) throw new Error(`no such deed: ${deed}`);
process.stdout.write('moving\n');
for (let turn = 0; ; turn++) for (const name of names) act(join(folder, name), turn);
