/** What an operator has on every host of a cluster: Holdfast with a configuration and ledger of its own, and ssh to all others. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './command.ts';
import type { Host } from './host.ts';

/** Programs that this needs, as test/peers.ts names them. */
export const OPERATOR_PEERS = ['sshd', 'ssh-keygen'] as const;

/** As every host sees it, whose root is this machine's with a layer above. */
export const HOLDFAST = fileURLToPath(new URL('../../bin/holdfast', import.meta.url));
export const OPERATOR_CONFIG = '/etc/lab/holdfast.yaml';
const STATE = '/var/lib/lab-holdfast';
/** Short: the other host is next door, or it is gone. */
const CONNECT_S = 5;

const SSHD_CONFIG = `Port 22
HostKey /etc/lab/key
AuthorizedKeysFile /etc/lab/key.pub
PermitRootLogin yes
PasswordAuthentication no
UsePAM no
StrictModes no
UseDNS no
MaxStartups 100
PidFile /run/sshd.pid
`;

/** Orders open many connections, and the secrets of a lab need no protection from the next decades. */
const SSH_CONFIG = 'KexAlgorithms curve25519-sha256\nCiphers aes128-gcm@openssh.com\nGSSAPIAuthentication no\n';

const EARLY = `#!/bin/sh
mkdir -p -m 755 /run/sshd
exec /usr/sbin/sshd -f /etc/lab/sshd_config -E /var/log/sshd.log
`;

/**
 * Puts it all on the hosts, which are off.
 * @param directory of the lab, for the key: one for all hosts, as good as the lab lives
 */
export async function equipOperator(directory: string, hosts: readonly Host[]): Promise<void> {
  const file = join(directory, 'operator-key');
  await command(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', file]);
  const [key, publicKey] = [readFileSync(file, 'utf8'), readFileSync(`${file}.pub`, 'utf8')];
  const known = hosts.map((host) => `${host.address(0)} ${publicKey}`).join('');
  const configuration = yamlFor(hosts);
  for (const host of hosts) {
    host.write('/etc/lab/key', key, 0o600);
    host.write('/etc/lab/key.pub', publicKey);
    host.write('/etc/lab/known_hosts', known);
    host.write('/etc/lab/ssh_config', SSH_CONFIG);
    host.write('/etc/lab/sshd_config', SSHD_CONFIG);
    host.write('/etc/lab/early', EARLY, 0o755);
    host.write(OPERATOR_CONFIG, configuration);
  }
}

/** Others are reached over the first link, as a management network would be one. */
function yamlFor(hosts: readonly Host[]): string {
  const each = hosts.map((host) => [
    `  ${host.name}:`,
    `    address: ${host.address(0)}`,
    '    user: root',
    '    identityFile: /etc/lab/key',
    '    configFile: /etc/lab/ssh_config',
    '    knownHostsFile: /etc/lab/known_hosts',
    `    connectTimeout: ${CONNECT_S}s`,
  ]);
  return [`stateDirectory: ${STATE}`, 'hosts:', ...each.flat(), ''].join('\n');
}
