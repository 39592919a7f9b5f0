/** A configuration with a vault, plans and a listener for notices, for tests of what may not be called a success. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunResult, recordsOf, runHoldfast } from '../cli/in-process.ts';

export interface Heard {
  kind: string;
  severity: string;
  plan: string | null;
  title: string;
  lines: string[];
}

/** What the plans are; JSON is YAML. */
export type PlanText = Record<string, unknown>;

export class GreenWorld implements AsyncDisposable {
  readonly place = mkdtempSync(join(tmpdir(), 'holdfast-green-'));
  readonly heard: Heard[] = [];
  readonly #server: Server;
  readonly #mounts: string[] = [];
  #plans: Record<string, PlanText> = {};

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<GreenWorld> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const world = new GreenWorld(server);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        world.heard.push(JSON.parse(Buffer.concat(parts).toString()));
        response.end();
      });
    });
    writeFileSync(world.at('password'), 'secret', { mode: 0o600 });
    mkdirSync(world.at('source'));
    writeFileSync(world.at('source/file'), 'content');
    return world;
  }

  at(name: string): string {
    return join(this.place, name);
  }

  /** Where notices are listened for. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get stateDirectory(): string {
    return this.at('state');
  }

  /** A small file system of its own. */
  mount(name: string, size: string): string {
    const path = this.at(name);
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
    this.#mounts.push(path);
    return path;
  }

  async makeVault(path: string): Promise<void> {
    const made = await runHoldfast(['init', '-r', path, '-p', this.at('password')], {});
    if (made.status !== 0) throw new Error(made.stderr);
  }

  /** Writes the configuration with this plan and those before. */
  configure(name: string, plan: PlanText, more: Record<string, unknown> = {}): void {
    this.#plans = { ...this.#plans, [name]: { vault: 'main', ...plan } };
    const url = `http://127.0.0.1:${this.port}/hook`;
    const password = { file: this.at('password') };
    const config = {
      stateDirectory: this.stateDirectory,
      vaults: { main: { url: this.at('vault'), password }, small: { url: this.at('small/vault'), password } },
      plans: this.#plans,
      notifications: {
        targets: { ops: { webhook: { url: { value: url } }, atMost: 1000 } },
        routes: [{ to: ['ops'] }],
      },
      ...more,
    };
    writeFileSync(this.at('holdfast.yaml'), JSON.stringify(config));
  }

  async holdfast(...args: string[]): Promise<RunResult> {
    return await runHoldfast(['-c', this.at('holdfast.yaml'), ...args], { PATH: process.env['PATH'] ?? '' });
  }

  /** What `status` says of a plan. */
  async status(plan: string): Promise<Record<string, unknown>> {
    const records = recordsOf(await this.holdfast('status', plan, '--json'));
    const found = records.find((record) => record['message_type'] === 'plan');
    if (found === undefined) throw new Error(`no status of ${plan}: ${JSON.stringify(records)}`);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const mount of this.#mounts) execFileSync('umount', [mount]);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.place, { recursive: true, force: true });
  }
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createSocketServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
