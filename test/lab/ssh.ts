/** Hosts of the lab that reach each other by ssh: a daemon on each, one key that opens all, and nothing that would be asked. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requirePeer } from '../peers.ts';
import { makeKey } from '../sshd.ts';
import type { Host } from './host.ts';
import { LINKS } from './switch.ts';

export const SSH_PEERS = ['sshd', 'ssh-keygen'] as const;

const CONFIGURATION = `HostKey /etc/lab/ssh-host
PidFile /run/lab-sshd.pid
AuthorizedKeysFile /etc/lab/ssh-authorized
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KexAlgorithms curve25519-sha256
Subsystem sftp internal-sftp
`;

/** Writes keys and names to hosts that are off. The daemon comes with `startSshd`. */
export function prepareSsh(hosts: readonly Host[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-keys-'));
  try {
    for (const name of ['host', 'key']) makeKey(join(folder, name));
    const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const names = hosts.flatMap((host) => [host.name, ...LINKS.map((link) => host.address(link))]);
    const known = `${names.join()} ${text('host.pub')}`;
    for (const host of hosts) {
      host.write('/etc/lab/ssh-host', text('host'), 0o600);
      host.write('/etc/lab/ssh-authorized', text('key.pub'));
      host.write('/etc/lab/sshd_config', CONFIGURATION);
      host.write('/root/.ssh/id_ed25519', text('key'), 0o600);
      host.write('/root/.ssh/known_hosts', known, 0o600);
      host.write('/root/.ssh/config', 'BatchMode yes\nKexAlgorithms curve25519-sha256\n', 0o600);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** After each boot. */
export async function startSshd(hosts: readonly Host[]): Promise<void> {
  const script = 'mkdir -p -m 755 /run/sshd && exec "$0" -f /etc/lab/sshd_config -E /var/log/lab-sshd.log';
  await Promise.all(hosts.map((host) => host.must(['sh', '-c', script, requirePeer('sshd')])));
}
