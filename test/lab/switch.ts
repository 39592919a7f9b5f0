/**
 * The network between the hosts: a namespace with two bridges that nothing else is in, so that names need to be unique
 * within the lab only and the machine's own network is never touched. Each host has a link to either bridge.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { systemProcesses } from '../../src/host.ts';
import { command } from './command.ts';

/** Number of a host's link, which it knows as `eth0` or `eth1`. */
export type Link = 0 | 1;

export const LINKS: readonly Link[] = [0, 1];

/** Addresses: 10.77.0.N on the first link of host N, 10.78.0.N on the second. */
export function addressOf(number: number, link: Link): string {
  return `10.${77 + link}.0.${number}`;
}

/** `mark` stands among the arguments of the process that holds the namespace, by which it is recognised. */
export async function openSwitch(mark: string): Promise<Switch> {
  // Dies with this process, by the signal or by the end of its input, whichever is first.
  const argv = ['--pdeathsig', 'KILL', 'unshare', '--net', 'sh', '-c', 'echo up; read -r _ || :', mark];
  const holder = spawn('setpriv', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.race([once(holder.stdout, 'data'), failed(holder)]);
  const opened = new Switch(holder);
  const bridges = LINKS.flatMap((link) => [
    `link add br${link} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set br${link} up`,
  ]);
  await opened.ip(bridges);
  return opened;
}

export class Switch implements AsyncDisposable {
  readonly #holder: ChildProcess;
  readonly #plugged = new Set<string>();
  /** `HOST-LINK`, whether the host is on or not: a cable stays cut while a host reboots. */
  readonly #cut = new Set<string>();
  /** In the order of their first boots. */
  readonly #known = new Set<string>();
  #apart: readonly [string, string] | undefined;

  constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /** Gives the host whose first process this is its two links. */
  async plug(host: string, pid: number): Promise<void> {
    // The namespace of a host that was killed goes a little later than its processes, and with it the old pair.
    await this.unplug(host);
    this.#plugged.add(host);
    const number = [...this.#known.add(host)].indexOf(host) + 1;
    await this.ip(
      LINKS.flatMap((link) => [
        `link add ${port(host, link)} type veth peer name eth${link} address ${cardOf(number, link)} netns ${pid}`,
        `link set ${port(host, link)} master br${link}`,
        `link set ${port(host, link)} ${this.#cut.has(port(host, link)) ? 'down' : 'up'}`,
        `link set ${port(host, link)} type bridge_slave isolated ${this.#apart?.includes(host) ? 'on' : 'off'}`,
      ]),
    );
  }

  async unplug(host: string): Promise<void> {
    this.#plugged.delete(host);
    for (const link of LINKS) {
      const args = this.#inside(['ip', 'link', 'delete', port(host, link)]);
      const { exitCode, errorText } = await systemProcesses.run('nsenter', args, { timeLimitMs: 10_000 });
      if (exitCode !== 0 && !errorText.includes('Cannot find device')) throw new Error(errorText.trim());
    }
  }

  /** The host sees the cable gone; the others only miss it. */
  async cut(host: string, link: Link): Promise<void> {
    this.#cut.add(port(host, link));
    if (this.#plugged.has(host)) await this.ip([`link set ${port(host, link)} down`]);
  }

  async heal(host: string, link: Link): Promise<void> {
    this.#cut.delete(port(host, link));
    if (this.#plugged.has(host)) await this.ip([`link set ${port(host, link)} up`]);
  }

  /** The two hear each other no more, on either link, while all others hear both. One pair at a time. */
  async isolate(first: string, second: string): Promise<void> {
    if (this.#apart !== undefined) throw new Error(`${this.#apart.join(' and ')} are apart already`);
    this.#apart = [first, second];
    await this.#setIsolated([first, second], 'on');
  }

  async join(): Promise<void> {
    const pair = this.#apart ?? [];
    this.#apart = undefined;
    await this.#setIsolated(pair, 'off');
  }

  /** Runs lines of ip(8). */
  async ip(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await command(['nsenter', ...this.#inside(['ip', '-batch', '-'])], `${lines.join('\n')}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#holder;
    if (exitCode !== null || signalCode !== null) return;
    const gone = once(this.#holder, 'exit');
    this.#holder.stdin?.end();
    await gone;
  }

  async #setIsolated(hosts: readonly string[], state: 'on' | 'off'): Promise<void> {
    const ports = hosts.filter((host) => this.#plugged.has(host)).flatMap((host) => LINKS.map((l) => port(host, l)));
    await this.ip(ports.map((each) => `link set ${each} type bridge_slave isolated ${state}`));
  }

  #inside(argv: readonly string[]): string[] {
    return ['--target', String(this.#holder.pid), '--net', ...argv];
  }
}

function port(host: string, link: Link): string {
  return `${host}-${link}`;
}

/** A card keeps its address over reboots; with another one, neighbours go on talking to the old for half a minute. */
function cardOf(number: number, link: Link): string {
  return `02:00:00:00:0${link}:${number.toString(16).padStart(2, '0')}`;
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`the switch did not come up: exit code ${code}`);
}
