/** Keys that ssh would offer, and the agent that may hold them. Nothing of a key is read by us. */
import { hasCode } from '../../base/errors.ts';
import type { ssh } from '../../host.ts';
import type { SshParts } from './ssh.ts';

const STEP_MS_MAX = 10_000;

export interface Agent {
  hasKeys: boolean;
  /** It is named, but nobody answers. */
  isDead: boolean;
  /** Goes on from "and". */
  words: string;
}

/** ssh-add(1): exit code 1 when the agent has no keys, 2 when it cannot be reached. */
export async function agentOf({ local, environment, signal }: SshParts): Promise<Agent> {
  const socket = environment['SSH_AUTH_SOCK'];
  if (!socket) return { hasKeys: false, isDead: false, words: 'there is no agent (SSH_AUTH_SOCK is not set)' };
  const options = { env: { SSH_AUTH_SOCK: socket }, timeLimitMs: STEP_MS_MAX, signal };
  const exitCode = await local.run('ssh-add', ['-l'], options).then(
    (result) => result.exitCode,
    (error: unknown) => {
      if (hasCode(error, 'command-timeout', 'command-missing')) return 2;
      throw error;
    },
  );
  if (exitCode === 0) return { hasKeys: true, isDead: false, words: 'the agent has others' };
  if (exitCode === 1) return { hasKeys: false, isDead: false, words: 'the agent holds no key: ssh-add' };
  return { hasKeys: false, isDead: true, words: `no agent answers at ${socket} (SSH_AUTH_SOCK)` };
}

/** Private keys that are there, as ssh finds them for this address (ssh(1), -G). */
export async function identityFiles(parts: SshParts): Promise<string[]> {
  const { address, local, environment, signal } = parts;
  const options = { timeLimitMs: STEP_MS_MAX, signal };
  const { output, exitCode } = await local.run('ssh', ['-G', ...settingsOf(address)], options);
  if (exitCode !== 0) return address.identityFile === undefined ? [] : [address.identityFile];
  const named = [...output.toString().matchAll(/^identityfile (.+)$/gm)].map(([, file]) =>
    file!.replace(/^~(?=\/)/, environment['HOME'] ?? '~'),
  );
  const there: string[] = [];
  for (const file of new Set(named))
    if ((await local.run('test', ['-e', file], options)).exitCode === 0) there.push(file);
  return there;
}

/** A private key that opens without a passphrase gives its public one (ssh-keygen(1), -y). */
export async function isEncrypted(file: string, { local, signal }: SshParts): Promise<boolean> {
  const args = ['-y', '-P', '', '-f', file];
  const { exitCode, errorText } = await local.run('ssh-keygen', args, { timeLimitMs: STEP_MS_MAX, signal });
  return exitCode !== 0 && /passphrase/i.test(errorText);
}

function settingsOf({ address, configFile, identityFile, user, port }: ssh.SshAddress): string[] {
  return [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(identityFile === undefined ? [] : ['-i', identityFile]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    address,
  ];
}
