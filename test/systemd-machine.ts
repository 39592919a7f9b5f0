/**
 * A machine with systemd(1) as its first process, in namespaces of its own on an overlay of this one: units are started
 * there as on a server, and nothing of it stays. systemd's container interface is in systemd.io/CONTAINER_INTERFACE.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BOOT_MS_MAX = 20_000;
const POLL_MS = 100;

/** Arguments: a directory for the machine, and the checkout, which an overlay of `/` alone may not show. */
const BOOT = `
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
M=$1/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work,xino=off" "$M"
mkdir -p "$M$2" && mount --bind "$2" "$M$2"
mount -t proc proc "$M/proc"
mount --rbind /dev "$M/dev"
mount -t sysfs -o ro sysfs "$M/sys"
for each in run tmp var/log; do mount -t tmpfs -o mode=755 tmpfs "$M/$each"; done
chmod 1777 "$M/tmp"
if grep -q name=systemd /proc/self/cgroup; then
  mount -t tmpfs -o mode=755 tmpfs "$M/sys/fs/cgroup"
  mkdir "$M/sys/fs/cgroup/systemd" "$M/sys/fs/cgroup/unified"
  mount -t cgroup -o none,name=systemd cgroup "$M/sys/fs/cgroup/systemd"
  mount -t cgroup2 cgroup2 "$M/sys/fs/cgroup/unified" || rmdir "$M/sys/fs/cgroup/unified"
else
  mount -t cgroup2 cgroup2 "$M/sys/fs/cgroup"
fi
rm -rf "$M"/etc/systemd/system/*
cd "$M"
mkdir -p .old
pivot_root . .old
umount -l .old
mount --make-rshared /
export container=holdfast-test
exec /lib/systemd/systemd --unit=basic.target
`;

export interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

export class SystemdMachine implements AsyncDisposable {
  readonly #place: string;
  readonly #process: ReturnType<typeof spawn>;
  readonly #pid: number;

  private constructor(place: string, process: ReturnType<typeof spawn>, pid: number) {
    this.#place = place;
    this.#process = process;
    this.#pid = pid;
  }

  /** @throws {Error} with what was said on the console when systemd does not come up here */
  static async boot(checkout: string): Promise<SystemdMachine> {
    const place = mkdtempSync(join(tmpdir(), 'holdfast-systemd-'));
    const namespaces = ['--pid', '--fork', '--mount', '--uts', '--ipc', '--net', '--cgroup', '--kill-child'];
    const args = [...namespaces, '--propagation', 'private', 'sh', '-c', BOOT, 'boot', place, checkout];
    const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    const endMs = performance.now() + BOOT_MS_MAX;
    while (performance.now() < endMs && child.exitCode === null) {
      await sleep(POLL_MS);
      const pid = firstChild(child.pid!);
      if (pid === undefined || readFileSync(`/proc/${pid}/comm`, 'latin1').trim() !== 'systemd') continue;
      const machine = new SystemdMachine(place, child, pid);
      if (machine.run('systemctl', 'is-active', 'basic.target').status === 0) return machine;
    }
    child.kill('SIGKILL');
    rmSync(place, { recursive: true, force: true });
    throw new Error(`systemd did not come up: ${said.slice(-1000)}`);
  }

  /** Runs a program there to its end. */
  run(program: string, ...args: string[]): Ended {
    return this.#enter([program, ...args], '');
  }

  /** Writes a file there. */
  write(path: string, text: string, mode = '0600'): void {
    const { status, stderr } = this.#enter(['sh', '-c', 'cat >"$1" && chmod "$2" "$1"', 'sh', path, mode], text);
    if (status !== 0) throw new Error(stderr);
  }

  #enter(command: string[], input: string): Ended {
    try {
      const stdout = execFileSync('nsenter', ['-t', String(this.#pid), '-a', '-r', '-w', '--', ...command], {
        input,
        encoding: 'utf8',
        stdio: 'pipe',
        env: { PATH: process.env['PATH'] ?? '' },
      });
      return { status: 0, stdout, stderr: '' };
    } catch (error) {
      const { status, stdout, stderr } = error as Ended;
      if (typeof status !== 'number') throw error;
      return { status, stdout, stderr };
    }
  }

  /** Its first process takes all others with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'close');
    process.kill(this.#pid, 'SIGKILL');
    await ended;
    rmSync(this.#place, { recursive: true, force: true });
  }
}

function firstChild(pid: number): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
    return child ? Number(child) : undefined;
  } catch {
    return undefined;
  }
}
