/** What a command is given: the world, and what the person asked of every command. */
import { type AppError, hasCode } from '../base/errors.ts';
import type { VaultConfig } from '../config.ts';
import type { Clock } from '../host.ts';
import { resolveVaultUrl } from './address.ts';
import type { GlobalValues } from './globals.ts';
import { configuredPassword, expectNamed, namedVault } from './named-vault.ts';
import type { Output, Sink } from './output.ts';
import { isSet, type PasswordSource, passwordSources, resolvePassword } from './password.ts';
import type { Keyboard, Terminal } from './prompt.ts';

/** The process, as `main.ts` hands it over; tests hand over another. */
export interface Edge {
  /** Without the program itself. */
  argv: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Keyboard & AsyncIterable<Uint8Array>;
  stdout: Sink;
  stderr: Sink;
  /** Aborted by the first SIGINT or SIGTERM, and when standard output is lost. */
  signal: AbortSignal;
  /** Aborts `signal`. */
  stop(reason: AppError): void;
  /** Calls `listener` for each SIGHUP; without one nothing happens. */
  onHangup(listener: () => void): void;
  version: string;
  /** Absolute path by which the program was begun, or could be. */
  program: string;
  /** Late, because the door of the host loads native code that help and usage errors do without. */
  loadClock(): Promise<Clock>;
}

export interface Context {
  readonly output: Output;
  /** Aborted when the command shall stop: undo what must be undone and let the reason through. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Of Holdfast: `0.1.0`. */
  readonly version: string;
  /** Absolute path by which the program was begun, or could be. */
  readonly program: string;
  readonly globals: GlobalValues;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Pulled, so that a slow vault slows the writer. */
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly configFile: string;
  /** Where questions can be asked; undefined when nobody sits there. */
  readonly terminal: Terminal | undefined;
  /** Calls `listener` for each SIGHUP. */
  onHangup(listener: () => void): void;
  /** Address of the vault. @throws {AppError} `usage` when none is given. */
  storageUrl(): Promise<string>;
  /**
   * The vault's password; on a terminal asked for when nothing gives it, twice with `confirm` (a new vault).
   * @throws {AppError} `password-missing`, `password-wrong`, `usage`, `interrupted`
   */
  password(request?: { confirm?: boolean }): Promise<string>;
  /** The password of another vault that the command takes from: from this source, HOLDFAST_FROM_PASSWORD…, or asked for. */
  otherPassword(source: PasswordSource): Promise<string>;
  /** A password that is to be: from this file or command, else asked for twice. Throws as `password` does. */
  newPassword(source: PasswordSource): Promise<string>;
}

const CONFIG_FILE = '/etc/holdfast/holdfast.yaml';

export interface ContextParts {
  edge: Edge;
  globals: GlobalValues;
  output: Output;
  clock: Clock;
}

export function createContext({ edge, globals, output, clock }: ContextParts): Context {
  const { environment, signal, version, program } = edge;
  const given = { file: globals.passwordFile, command: globals.passwordCommand };
  const configFile = globals.config || environment['HOLDFAST_CONFIG'] || CONFIG_FILE;
  const address = (): Promise<string> => resolveVaultUrl(globals.vault, environment);
  const named = async (url: string): Promise<VaultConfig | undefined> => namedVault(url, { configFile, environment });
  return {
    output,
    signal,
    clock,
    version,
    program,
    globals,
    environment,
    get stdin() {
      return edge.stdin;
    },
    onHangup: (listener) => edge.onHangup(listener),
    get terminal() {
      return terminalOf(edge);
    },
    configFile,
    storageUrl: async () => {
      const url = await address();
      return (await named(url))?.url ?? url;
    },
    password: async ({ confirm = false } = {}) => {
      const sources = passwordSources(given, environment);
      // Who opens no vault, as some that ask for a password do, gives no address.
      const url = sources.some(isSet) ? undefined : await address().catch(withoutAddress);
      const configured = url === undefined ? undefined : await named(url);
      if (configured !== undefined) return await configuredPassword(configured, { environment, signal });
      // Before somebody looks for the password of what is not there; a vault that is to be needs no name.
      if (url !== undefined && !confirm) await expectNamed(url, { configFile, environment });
      return resolvePassword(sources, { terminal: terminalOf(edge), question: 'Vault password', confirm, signal });
    },
    otherPassword: (source) => {
      const sources = passwordSources(source, environment, { infix: 'FROM_', option: '--from-password' });
      return resolvePassword(sources, { terminal: terminalOf(edge), question: 'Password of the other vault', signal });
    },
    newPassword: (source) => {
      const terminal = terminalOf(edge);
      return resolvePassword([source], { terminal, question: 'New vault password', confirm: true, signal });
    },
  };
}

/** @throws what is no missing address */
function withoutAddress(error: unknown): undefined {
  if (!hasCode(error, 'usage')) throw error;
  return undefined;
}

/** Where a password can be typed: both streams must be terminals, or nobody sees the question. */
function terminalOf({ stdin, stderr, signal }: Edge): Terminal | undefined {
  return stdin.isTTY && stderr.isTTY ? { keyboard: stdin, screen: stderr, signal } : undefined;
}
