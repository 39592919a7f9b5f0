/**
 * The power controller of the lab, as a management board or a switched outlet is one: beside the network of the hosts, served
 * by the test process itself, on a socket that every host has. Lines: `on|off|reboot|status|list HOST ASKER`; answers `OK …` or
 * `ERR …`. To switch off is to pull the plug: nothing that the host has not written by then is written any more.
 */
import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * error: says it failed, and does nothing. hang: never answers. no-boot: switches on, but the host does not come up.
 * garbled: answers what no protocol has. liar: says it is done, and has done nothing.
 */
export type PowerFault = 'error' | 'hang' | 'no-boot' | 'garbled' | 'liar';

export interface PowerCall {
  /** Milliseconds since 1970. */
  atMs: number;
  tookMs: number;
  op: string;
  host: string;
  /** The host that asked. */
  by: string;
  answer: string;
}

/** What the controller needs of a host. */
export interface Powered {
  readonly isOn: boolean;
  boot(): Promise<void>;
  powerLoss(): Promise<void>;
}

export async function openPower(socket: string, hosts: ReadonlyMap<string, Powered>): Promise<PowerController> {
  const controller = new PowerController(hosts);
  await controller.listen(socket);
  return controller;
}

export class PowerController implements AsyncDisposable {
  /** What was asked and answered, in the order of the answers. */
  readonly calls: PowerCall[] = [];
  readonly #hosts: ReadonlyMap<string, Powered>;
  readonly #faults = new Map<string, PowerFault>();
  /** What a liar says of hosts that it claims to have switched. */
  readonly #claims = new Map<string, 'on' | 'off'>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(hosts: ReadonlyMap<string, Powered>) {
    this.#hosts = hosts;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#server.once('error', reject).listen(path, resolve));
    chmodSync(path, 0o666);
  }

  /** Until the next one; undefined: works again. */
  setFault(host: string, fault: PowerFault | undefined): void {
    this.#claims.delete(host);
    if (fault === undefined) this.#faults.delete(host);
    else this.#faults.set(host, fault);
  }

  /** Orders to switch `host` that were carried out or claimed to be. */
  switched(host: string): PowerCall[] {
    return this.calls.filter((call) => call.host === host && call.answer === 'OK' && call.op !== 'list');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    // Who asked may be dead by the time of the answer. The reader of lines tells of that as well.
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    const lines = createInterface({ input: socket }).on('error', () => {});
    lines.once('line', async (line) => {
      const [op = '', host = '-', by = ''] = line.split(/\s+/);
      const atMs = Date.now();
      const begin = performance.now();
      const answer = await this.#answer(op, host).catch((error: unknown) => `ERR ${String(error).split('\n')[0]}`);
      this.calls.push({ atMs, tookMs: Math.round(performance.now() - begin), op, host, by, answer });
      socket.end(`${answer}\n`);
    });
  }

  async #answer(op: string, name: string): Promise<string> {
    if (op === 'list') return `OK ${[...this.#hosts.keys()].join(' ')}`;
    const host = this.#hosts.get(name);
    if (host === undefined) return 'ERR no such host';
    const fault = this.#faults.get(name);
    if (fault === 'hang') await new Promise(() => {});
    if (fault === 'error') return 'ERR controller failed';
    if (fault === 'garbled') return '\u0007login: ';
    if (fault === 'liar') return this.#lie(op, name, host);
    if (op === 'status') return `OK ${host.isOn ? 'on' : 'off'}`;
    if (!['on', 'off', 'reboot'].includes(op)) return 'ERR no such order';
    // Also when it is off already: it may be about to lose its last breath.
    if (op !== 'on') await host.powerLoss();
    if (op !== 'off' && fault !== 'no-boot') await host.boot();
    return 'OK';
  }

  #lie(op: string, name: string, host: Powered): string {
    if (op === 'status') return `OK ${this.#claims.get(name) ?? (host.isOn ? 'on' : 'off')}`;
    this.#claims.set(name, op === 'off' ? 'off' : 'on');
    return 'OK';
  }
}
