/**
 * The real programs that tests run against. A suite whose peer is missing is not silently green: it is registered as
 * skipped under a name that says what is missing, and the closing summary of `npm test` lists it.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
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
  stonith: 'cluster-glue',
  fence_ipmilan: 'fence-agents',
  crm_verify: 'pacemaker-cli-utils',
  crm_simulate: 'pacemaker-cli-utils',
  python3: 'python3',
  ip: 'iproute2',
  mke2fs: 'e2fsprogs',
  corosync: 'corosync',
  pacemakerd: 'pacemaker',
  crm_mon: 'pacemaker-cli-utils',
  'ocf-tester': 'resource-agents',
  cl_status: 'heartbeat',
  powermand: 'powerman',
  'mkfs.xfs': 'xfsprogs',
  mariadbd: 'mariadb-server',
  nginx: 'nginx-light',
  apache2: 'apache2',
  pg_ctlcluster: 'postgresql',
} as const;

/** `root` stands for the rights, `namespaces` for what a host of the lab is made of, the others for commands. */
export type Peer = keyof typeof PEERS | 'root' | 'namespaces';

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
  return peers.filter((peer) => !isThere(peer));
}

function isThere(peer: Peer): boolean {
  if (peer === 'root') return process.getuid?.() === 0;
  return peer === 'namespaces' ? hasNamespaces() : findCommand(peer) !== undefined;
}

/** Containers often have neither the right to make namespaces and mounts nor loop devices, or a root that takes no layer. */
function hasNamespaces(): boolean {
  if (!existsSync('/dev/loop-control')) return false;
  const script = `cd "$(mktemp -d)" && mkdir u w m && mount -t overlay o -o lowerdir=/,upperdir=u,workdir=w m &&
    mount -t proc proc m/proc && ip link add type veth; failed=$?
    umount -R m; rm -rf "$PWD"; exit $failed`;
  const args = ['--net', '--mount', '--uts', '--ipc', '--pid', '--fork', 'sh', '-c', script];
  return spawnSync('unshare', args, { stdio: 'ignore' }).status === 0;
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
