/** A program `ssh` that reaches hosts of the lab by their names: it enters them, where the real one would log in. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from './host.ts';

const ENVIRONMENT =
  'HOME=/root LC_ALL=C.UTF-8 SHLVL=1 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export class SshShim implements Disposable {
  /** To be the first of the PATH. */
  readonly bin: string;
  readonly #doors: string;

  constructor(folder: string) {
    this.bin = join(folder, 'bin');
    this.#doors = join(folder, 'doors');
    for (const each of [this.bin, this.#doors]) mkdirSync(each, { recursive: true });
    writeFileSync(
      join(this.bin, 'ssh'),
      `#!/bin/bash
while [ "$1" != -- ]; do shift; done
host=$2
shift 2
read -r pid 2>/dev/null <'${this.#doors}/'"$host" || { echo "ssh: connect to host $host port 22: No route to host" >&2; exit 255; }
exec nsenter --target "$pid" --all --root --wd -- env -i ${ENVIRONMENT} sh -c "$*"
`,
    );
    chmodSync(join(this.bin, 'ssh'), 0o755);
  }

  /** After each boot: what it enters is the host's first process. */
  open(host: Host): void {
    writeFileSync(join(this.#doors, host.name), `${host.firstPid}\n`);
  }

  /** Nobody answers any more. */
  close(host: Host): void {
    rmSync(join(this.#doors, host.name), { force: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.#doors, { recursive: true, force: true });
  }
}
