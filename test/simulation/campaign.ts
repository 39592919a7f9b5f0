/**
 * A campaign of kills: the real program is killed with SIGKILL in the middle of what it does to a vault, at moments drawn
 * from a seed, round after round on the same vault. After each kill stock restic reads every byte of the vault, every
 * snapshot there was has the content it had, and the same command, run again, finishes and leaves no lock.
 *
 * What is drawn is the same for the same seed; where exactly a kill lands depends on the machine as well.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { simulated, systemClock, systemIdentity } from '../../src/host.ts';
import { openStorage } from '../../src/storage.ts';
import { openVault, type Vault } from '../../src/vault.ts';
import { World } from '../compat/backup-world.ts';
import { contents } from '../vaults.ts';
import { type Kill, type Run, runProgram } from './killed-run.ts';

const LEFTOVER = '-tmp-';
const FILES = 24;
const FILE_BYTES_MAX = 600_000;

export interface CampaignOptions {
  seed: number;
  rounds: number;
  /** Hears of each round; for those who watch a long campaign. */
  onRound?: (line: string) => void;
}

export interface CampaignResult {
  rounds: number;
  /** Rounds in which the program was still at work when it was killed. */
  killed: number;
  /** Kills by operation. */
  byOperation: Record<string, number>;
  /** Rounds after which restic saw packs in no index: what a kill costs. */
  withOrphans: number;
}

interface Operation {
  args: string[];
  /** Works on a copy of the vault, as it cannot be done twice or changes who can open it. */
  onCopy?: boolean;
  /** Makes the copy ready. @returns more arguments */
  prepare?: () => Promise<string[]>;
  /** Snapshots that the operation may remove. */
  mayRemove?: (known: Known) => string[];
  passwords?: string[];
}

/** Digests of all snapshots, by time and tree: what stays when a tag makes it another file. */
type Known = Map<string, string>;

const OPERATIONS: Record<string, (campaign: Campaign) => Operation> = {
  backup: ({ world }) => ({ args: ['backup', '--host', 'alpha', '--pack-size', '4M', world.source] }),
  forget: ({ draw }) => {
    const keep = 2 + draw(3);
    const mayRemove = (known: Known): string[] => [...known.keys()].sort().slice(0, -keep);
    return { args: ['forget', '--keep-last', String(keep), '--group-by', ''], mayRemove };
  },
  'forget --prune': ({ draw }) => {
    const keep = 2 + draw(3);
    const mayRemove = (known: Known): string[] => [...known.keys()].sort().slice(0, -keep);
    const args = ['forget', '--prune', '--max-unused', '0', '--keep-last', String(keep), '--group-by', ''];
    return { args, mayRemove };
  },
  prune: () => ({ args: ['prune', '--max-unused', '0', '--repack-small'] }),
  tag: ({ draw }) => ({ args: ['tag', '--add', `tag${draw(1000)}`] }),
  'repair index': () => ({ args: ['repair', 'index', '--read-all-packs'] }),
  'repair snapshots': () => ({ args: ['repair', 'snapshots', '--forget'] }),
  'key passwd': ({ world }) => ({
    args: ['key', 'passwd', '--new-password-file', world.path('new-password')],
    onCopy: true,
    passwords: ['quick', 'new'],
  }),
  'repair packs': ({ world, draw }) => {
    const packs = readdirSync(world.path('vault', 'data'), { recursive: true, encoding: 'utf8' })
      .map((path) => basename(path))
      .filter((name) => /^[0-9a-f]{64}$/.test(name))
      .sort();
    return { args: ['repair', 'packs', packs[draw(packs.length)]!], onCopy: true };
  },
  'key remove': (campaign) => ({
    args: ['key', 'remove'],
    onCopy: true,
    prepare: () => campaign.addKey('copy'),
  }),
  'key add': ({ world }) => ({ args: ['key', 'add', '--new-password-file', world.path('new-password')], onCopy: true }),
};

/** How often each comes up. */
const WEIGHTS: [keyof typeof OPERATIONS, number][] = [
  ['backup', 9],
  ['forget', 2],
  ['forget --prune', 3],
  ['prune', 5],
  ['tag', 2],
  ['repair index', 2],
  ['repair snapshots', 1],
  ['key passwd', 2],
  ['key add', 1],
  ['key remove', 1],
  ['repair packs', 2],
];

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  using campaign = new Campaign(options);
  return await campaign.run();
}

class Campaign implements Disposable {
  readonly world = new World();
  readonly #options: CampaignOptions;
  readonly #random: ReturnType<typeof simulated.seededRandom>;
  /** Time and changes of the last full run of each operation. */
  readonly #measured = new Map<string, { ms: number; events: number }>();
  #known: Known = new Map();

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#random = simulated.seededRandom(options.seed);
  }

  /** A whole number below `limit`. */
  draw = (limit: number): number => this.#random.int(limit);

  [Symbol.dispose](): void {
    this.world[Symbol.dispose]();
  }

  /** Adds a key to a vault. @returns its id */
  async addKey(vault: string): Promise<string[]> {
    const keys = (): string[] => readdirSync(this.world.path(vault, 'keys')).filter((name) => !name.includes(LEFTOVER));
    const before = keys();
    const run = await this.#start(vault, ['key', 'add', '--new-password-file', this.world.path('new-password')]);
    assert.equal(run.status, 0, run.output);
    return keys().filter((name) => !before.includes(name));
  }

  async run(): Promise<CampaignResult> {
    const result: CampaignResult = { rounds: 0, killed: 0, byOperation: {}, withOrphans: 0 };
    await this.#prepare();
    for (let round = 1; round <= this.#options.rounds; round++) {
      try {
        await this.#round(round, result);
      } catch (cause) {
        throw new Error(`seed ${this.#options.seed}, round ${round}: ${String(cause)}`, { cause });
      }
    }
    return result;
  }

  async #prepare(): Promise<void> {
    await this.world.init();
    writeFileSync(this.world.path('new-password'), 'new\n');
    mkdirSync(this.world.at('folder'));
    for (let file = 0; file < FILES; file++) this.#change(file);
    const { args } = OPERATIONS['backup']!(this);
    for (let run = 0; run < 2; run++) await this.#finish('backup', 'vault', args);
    this.#known = await this.#digests('vault', ['quick']);
  }

  async #round(round: number, result: CampaignResult): Promise<void> {
    const name = this.#chooseOperation();
    const operation = OPERATIONS[name]!(this);
    const { onCopy = false, mayRemove, passwords = ['quick'] } = operation;
    for (let changes = 1 + this.draw(4); changes > 0; changes--) this.#change(this.draw(FILES));
    const vault = onCopy ? 'copy' : 'vault';
    if (onCopy) this.#copy();
    const args = [...operation.args, ...((await operation.prepare?.()) ?? [])];
    const kill = this.#chooseKill(name);
    const run = await this.#start(vault, args, kill);
    const what = `${name} killed ${JSON.stringify(kill)} (at ${Math.round(run.ms)} ms, ${run.events} changes)`;
    this.#options.onRound?.(`${round}: ${what}${run.isKilled ? '' : ' had ended'}`);
    if (!run.isKilled) assert.equal(run.status, 0, `${what}: ${run.output}`);
    result.rounds++;
    if (run.isKilled) {
      result.killed++;
      result.byOperation[name] = (result.byOperation[name] ?? 0) + 1;
    }
    const password = await this.#verify(what, { vault, passwords, mayRemove: mayRemove?.(this.#known) ?? [] }, result);
    if (onCopy) return;
    await this.#finish(name, vault, args, password);
    const locks = readdirSync(this.world.path(vault, 'locks')).filter((file) => !file.includes(LEFTOVER));
    assert.deepEqual(locks, [], `${what}: the next run leaves no lock`);
    const { length } = readdirSync(this.world.path(vault, 'snapshots')).filter((file) => !file.includes(LEFTOVER));
    assert.equal(length, (await this.#digests(vault, [password])).size, `${what}: no snapshot is there twice`);
    if (name === 'prune') assert.deepEqual(this.#leftovers(vault), [], `${what}: pruning sweeps`);
    const removable = mayRemove?.(this.#known) ?? [];
    this.#compare(await this.#digests(vault, [password]), removable, `${what}, run again`);
  }

  /** @returns the password that opens the vault */
  async #verify(
    what: string,
    { vault, passwords, mayRemove }: { vault: string; passwords: string[]; mayRemove: string[] },
    result: CampaignResult,
  ): Promise<string> {
    const { opened, password } = await this.#open(vault, passwords);
    await using _vault = opened;
    this.#compare(await digestsOf(opened), mayRemove, what);
    const env = { RESTIC_PASSWORD: password };
    const checked = this.world.restic(['check', '--read-data', '--no-lock'], { env }, vault);
    assert.equal(checked.status, 0, `${what}: restic check: ${checked.stdout}${checked.stderr}`);
    if (/not referenced in any index/.test(checked.stdout + checked.stderr)) result.withOrphans++;
    return password;
  }

  /** Nothing may be missing but what may be removed, and nothing may have changed; what is new is taken note of. */
  #compare(found: Known, mayRemove: readonly string[], what: string): void {
    for (const [key, digest] of this.#known) {
      if (!found.has(key) && mayRemove.includes(key)) continue;
      assert.equal(found.get(key), digest, `${what}: snapshot ${key}`);
    }
    this.#known = found;
  }

  async #finish(name: string, vault: string, args: string[], password = 'quick'): Promise<void> {
    const run = await this.#start(vault, args, undefined, password);
    assert.equal(run.status, 0, `${args.join(' ')}: ${run.output}`);
    this.#measured.set(name, run);
  }

  /** What saves that were killed have left in the vault. */
  #leftovers(vault: string): string[] {
    return readdirSync(this.world.path(vault), { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.includes(LEFTOVER),
    );
  }

  #chooseOperation(): string {
    const all = WEIGHTS.flatMap(([name, weight]) => Array<string>(weight).fill(name));
    return all[this.draw(all.length)]!;
  }

  /** Half of the kills come at a moment, half at a change of the vault, whichever it is. */
  #chooseKill(name: string): Kill {
    const { ms, events } = this.#measured.get(name) ?? this.#measured.get('backup')!;
    if (this.draw(2) === 0) return { afterMs: Math.round((0.3 + this.draw(800) / 1000) * ms) };
    return { afterEvents: 1 + this.draw(Math.max(2, events)) };
  }

  #change(file: number): void {
    const path = this.world.at(...(file % 3 === 0 ? ['folder'] : []), `file${file}`);
    if (this.draw(8) === 0) rmSync(path, { force: true });
    else writeFileSync(path, this.#random.bytes(1 + this.draw(FILE_BYTES_MAX)));
  }

  #copy(): void {
    rmSync(this.world.path('copy'), { recursive: true, force: true });
    cpSync(this.world.path('vault'), this.world.path('copy'), { recursive: true });
  }

  async #open(vault: string, passwords: readonly string[]): Promise<{ opened: Vault; password: string }> {
    let failure: unknown;
    for (const password of passwords) {
      try {
        const parts = { password, clock: systemClock, identity: systemIdentity() };
        return { opened: await openVault(openStorage(this.world.path(vault)), parts), password };
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #start(vault: string, args: readonly string[], kill?: Kill, password = 'quick'): Promise<Run> {
    const compileCache = this.world.path('compiled');
    return await runProgram(args, { root: this.world.path(vault), password, kill, compileCache });
  }

  async #digests(vault: string, passwords: readonly string[]): Promise<Known> {
    await using opened = (await this.#open(vault, passwords)).opened;
    return await digestsOf(opened);
  }
}

async function digestsOf(vault: Vault): Promise<Known> {
  const digests = await contents(vault);
  const snapshots = await vault.listSnapshots();
  return new Map(snapshots.map(({ id, time, tree }) => [`${time} ${tree}`, digests.get(id)!]));
}
