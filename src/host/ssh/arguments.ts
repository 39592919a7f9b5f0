/** What ssh is told besides the command. */
import { AppError } from '../../base/errors.ts';
import { SSH_ALIVE_COUNT, SSH_ALIVE_SECONDS_MAX } from '../../base/limits.ts';
import type { SshAddress } from '../ssh.ts';

/**
 * Options of ssh(1) for this address, all that come before the host name; what they do not say is left to ssh's own
 * configuration. Whether new host keys are taken is for that to say too: with BatchMode, the default means no.
 */
export function sshArguments(address: SshAddress): string[] {
  const seconds = Math.max(1, Math.ceil(address.connectTimeoutMs / 1000));
  const set: Record<string, string | number> = {
    BatchMode: 'yes',
    ConnectTimeout: seconds,
    ServerAliveInterval: Math.min(seconds, SSH_ALIVE_SECONDS_MAX),
    ServerAliveCountMax: SSH_ALIVE_COUNT,
    // A connection others can share would live on behind the command, and with it the pipe we wait for.
    ControlMaster: 'no',
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    PermitLocalCommand: 'no',
    EscapeChar: 'none',
    // Why a connection ended is told at this level and not below.
    LogLevel: 'INFO',
  };
  const { configFile, knownHostsFile, identityFile, port, user } = address;
  if (knownHostsFile !== undefined) {
    set['UserKnownHostsFile'] = quotedPath(knownHostsFile);
    set['StrictHostKeyChecking'] = 'yes';
  }
  if (identityFile !== undefined) set['IdentitiesOnly'] = 'yes';
  return [
    '-T',
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(identityFile === undefined ? [] : ['-i', identityFile]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    ...Object.entries(set).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}

/** @throws {AppError} `config` for what ssh would take for something else */
export function checkAddress({ name, address, user, port, connectTimeoutMs }: SshAddress): void {
  const wrong =
    (isWord(address) ? undefined : 'the address is not a host name') ??
    (user === undefined || isWord(user) ? undefined : 'the user is not a name') ??
    (port === undefined || (Number.isInteger(port) && port > 0 && port < 65536) ? undefined : 'no such port') ??
    (connectTimeoutMs > 0 ? undefined : 'the time limit for connecting is not positive');
  if (wrong !== undefined) throw new AppError('config', { detail: `host ${name}: ${wrong}` });
}

/** ssh(1) itself refuses shell characters in names that reach it through its configuration. */
function isWord(text: string): boolean {
  return /^[^\s\p{Cc}'"`$\\;&<>|(){}-][^\s\p{Cc}'"`$\\;&<>|(){}]*$/u.test(text);
}

/** The option takes several files, separated by blanks; percent signs begin tokens (ssh_config(5), TOKENS). */
function quotedPath(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
