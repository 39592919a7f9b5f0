/**
 * The real programs that tests run against. A suite whose peer is missing is not silently green: it is registered as
 * skipped under a name that says what is missing, and the closing summary of `npm test` lists it.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'node:test';

/** Command → Debian package that brings it. */
export const PEERS = {
  restic: 'restic',
  borg: 'borgbackup',
  sshd: 'openssh-server',
  'ssh-keygen': 'openssh-client',
  rsync: 'rsync',
  setfacl: 'acl',
  setfattr: 'attr',
  setcap: 'libcap2-bin',
  unzip: 'unzip',
  script: 'bsdutils',
  fish: 'fish',
  zsh: 'zsh',
  exim4: 'exim4-daemon-light',
  openssl: 'openssl',
  promtool: 'prometheus',
  'systemd-analyze': 'systemd',
} as const;

/** `root` stands for the rights, the others for commands. */
export type Peer = keyof typeof PEERS | 'root';

/** A suite that needs `peers`; without them one skipped test that names what is missing. */
export function describePeer(name: string, peers: Peer[], suite: () => void): void {
  const missing = missingPeers(peers);
  if (missing.length === 0) {
    describe(name, suite);
    return;
  }
  const reason = `needs ${missing.join(', ')}`;
  describe(`${name} (${reason})`, () => {
    it(`everything in ${name}`, { skip: reason }, () => undefined);
  });
}

/** Path of the peer's program. @throws {Error} when it is missing, as a test must not go on without it. */
export function requirePeer(peer: keyof typeof PEERS): string {
  const path = findCommand(peer);
  if (path === undefined) throw new Error(`this test needs ${peer} (Debian package ${PEERS[peer]})`);
  return path;
}

export function missingPeers(peers: Peer[]): Peer[] {
  return peers.filter((peer) => (peer === 'root' ? process.getuid?.() !== 0 : findCommand(peer) === undefined));
}

/** Looks where administrators' programs are as well, which a user's PATH often leaves out. */
function findCommand(command: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
