/** A private sshd on loopback for tests: own keys, own port, no PAM, and the accounts of this machine. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ssh } from '../src/host.ts';
import { requirePeer } from './peers.ts';

const UP_MS_MAX = 10_000;
/** Below the ports that the system gives to connections (ip(7), ip_local_port_range). */
const PORT_MIN = 20_000;
const PORT_COUNT = 12_000;
const ATTEMPTS_MAX = 5;

export interface SshdOptions {
  /** Further lines of sshd_config(5). */
  lines?: readonly string[];
  /** Put before the key in the file of authorized keys, such as `command="…"`. */
  keyOptions?: string;
}

/** Starts one. Dispose of it: it stops with all its connections, and its folder goes. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-sshd-'));
  for (const name of ['host', 'key', 'stranger']) makeKey(join(directory, name));
  const publicKey = readFileSync(join(directory, 'key.pub'), 'utf8');
  writeFileSync(join(directory, 'authorized'), `${options.keyOptions ?? ''} ${publicKey}`.trimStart());
  for (let attempt = 1; ; attempt++) {
    const sshd = new Sshd(directory, PORT_MIN + randomInt(PORT_COUNT), options.lines ?? []);
    try {
      await sshd.start();
      return sshd;
    } catch (error) {
      // Somebody else has the port; tests run side by side.
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

export class Sshd implements AsyncDisposable {
  readonly directory: string;
  readonly port: number;
  readonly #lines: readonly string[];
  #daemon: ChildProcess | undefined;

  constructor(directory: string, port: number, lines: readonly string[]) {
    this.directory = directory;
    this.port = port;
    this.#lines = lines;
  }

  /** How to get in; nothing of the user's own ssh configuration counts. */
  address(change: Partial<ssh.SshAddress> = {}): ssh.SshAddress {
    const port = change.port ?? this.port;
    const knownHostsFile = join(this.directory, `known-${port}`);
    const [type, key] = readFileSync(join(this.directory, 'host.pub'), 'utf8').split(' ');
    // Written once: connections may be reading it.
    if (!existsSync(knownHostsFile)) writeFileSync(knownHostsFile, `[127.0.0.1]:${port} ${type} ${key}\n`);
    return {
      name: 'far',
      address: '127.0.0.1',
      user: userInfo().username,
      port,
      identityFile: join(this.directory, 'key'),
      configFile: 'none',
      knownHostsFile,
      connectTimeoutMs: 5000,
      ...change,
    };
  }

  async start(): Promise<void> {
    const file = join(this.directory, 'sshd_config');
    writeFileSync(file, this.#configuration());
    // Where a privileged sshd keeps its unprivileged part; made by the package's service, which tests do not start.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
    const log = join(this.directory, 'log');
    const ups = existsSync(log) ? readFileSync(log, 'utf8').split('Server listening on').length : 1;
    this.#daemon = spawn(requirePeer('sshd'), ['-D', '-f', file, '-E', log], { stdio: 'ignore', detached: true });
    const daemon = this.#daemon;
    process.once('exit', () => this.#daemon === daemon && kill(daemon.pid));
    // Its own word counts: on a port that is taken, somebody else answers.
    const isUp = async (): Promise<boolean> =>
      existsSync(log) &&
      readFileSync(log, 'utf8').split('Server listening on').length > ups &&
      (await answers(this.port));
    for (let waitedMs = 0; !(await isUp()); waitedMs += 20) {
      if (waitedMs > UP_MS_MAX || this.#daemon.exitCode !== null)
        throw new Error(`sshd does not come up: ${readFileSync(log, 'utf8')}`);
      await wait(20);
    }
  }

  /** Kills the daemon and, with `kill`, every connection as a power cut would. */
  async stop({ connections = true } = {}): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon?.pid === undefined || daemon.exitCode !== null) return;
    if (connections) for (const pid of descendants(daemon.pid)) kill(pid);
    kill(daemon.pid);
    await new Promise((resolve) => daemon.once('exit', resolve));
  }

  /** Kills every connection; the daemon goes on. @returns how many processes */
  killConnections(): number {
    const children = descendants(this.#daemon?.pid ?? 0);
    for (const pid of children) kill(pid);
    return children.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #configuration(): string {
    return [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(this.directory, 'host')}`,
      `PidFile ${join(this.directory, 'pid')}`,
      // Start-up files of the account are not of the test, and may take longer than it.
      `SetEnv HOME=${this.directory}`,
      `AuthorizedKeysFile ${join(this.directory, 'authorized')}`,
      'UsePAM no',
      'StrictModes no',
      'PermitRootLogin yes',
      'PasswordAuthentication yes',
      'MaxStartups 100',
      // A quarter of the time that the default of a key exchange safe against quantum computers takes.
      'KexAlgorithms curve25519-sha256',
      'Subsystem sftp internal-sftp',
      ...this.#lines,
      '',
    ].join('\n');
  }
}

export function makeKey(path: string, passphrase = ''): void {
  execFileSync(requirePeer('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', path]);
}

/** A port nobody listens on: free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Proxy extends AsyncDisposable {
  port: number;
  /** Bytes from clients so far, of all connections. */
  sentBytes(): number;
  /** Cuts the connection that is there once clients have sent so many more bytes; undefined lets all through. */
  cutAfter(bytes: number | undefined): void;
  /** Passes nothing on any more, and says nothing of it. */
  freeze(): void;
  /** Passes on again what comes from now on. */
  thaw(): void;
}

/** Passes connections on to `port`, until told to do worse. */
export async function startProxy(port: number): Promise<Proxy> {
  let sent = 0;
  let cutAt: number | undefined;
  let frozen = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    const end = () => [near, far].map((socket) => socket.destroy());
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    near.on('data', (bytes) => {
      sent += bytes.length;
      if (cutAt !== undefined && sent >= cutAt) {
        cutAt = undefined;
        end();
      } else if (!frozen && !far.write(bytes)) pauseFor(near, far);
    });
    far.on('data', (bytes) => {
      if (!frozen && !near.write(bytes)) pauseFor(far, near);
    });
  });
  const own = await listen(server);
  return {
    port: own,
    sentBytes: () => sent,
    cutAfter: (bytes) => {
      cutAt = bytes === undefined ? undefined : sent + bytes;
    },
    freeze: () => {
      frozen = true;
    },
    thaw: () => {
      frozen = false;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A listener that accepts and says nothing. */
export async function startMute(): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  const port = await listen(server);
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pauseFor(from: Socket, to: Socket): void {
  from.pause();
  to.once('drain', () => from.resume());
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const place = server.address();
  if (place === null || typeof place === 'string') throw new Error('no port');
  return place.port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (up: boolean) => {
      socket.destroy();
      resolve(up);
    };
    socket.once('data', () => end(true)).once('error', () => end(false));
  });
}

/** Children and theirs, youngest last. */
function descendants(pid: number): number[] {
  if (pid === 0) return [];
  const children = childrenOf(pid).split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function childrenOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch (error) {
    // It ended meanwhile.
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return '';
  }
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
