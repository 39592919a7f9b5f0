/** The key of corosync. Only its digest is known here. */
import type { corosync } from '../../cluster.ts';
import type { CibRemark } from './cib-checked.ts';
import { topOf } from './facts.ts';
import type { PacemakerNode } from './pacemaker.ts';

const OTHERS = 0o077;
/** Of 1024 bits, below which corosync 3 does not start (corosync-keygen(8)). */
const KEY_BYTES_MIN = 128;

export function checkKeys(
  nodes: readonly PacemakerNode[],
  settings: corosync.CorosyncSettings | undefined,
): CibRemark[] {
  const crypto = settings?.crypto;
  if (crypto === undefined || crypto.hasInlineKey || (crypto.cipher === 'none' && crypto.hash === 'none')) return [];
  const first = nodes.map(({ pacemaker }) => pacemaker.authkey).find(({ kind }) => kind === 'read');
  return nodes.flatMap(({ name, pacemaker: { authkey, isSystem } }): CibRemark[] => {
    const place = topOf(authkey.path);
    const error = (code: string, text: string, remedy: string): CibRemark => ({
      code,
      level: 'error',
      place,
      text,
      remedy,
    });
    if (authkey.kind === 'absent')
      return [error('file-absent', 'is not there: corosync does not start', 'Copy it from the other node, mode 0400.')];
    if (authkey.kind !== 'read') return [];
    const { mode = 0, uid = 0, content, path } = authkey;
    const shown = mode.toString(8).padStart(4, '0');
    return [
      ...((mode & OTHERS) === 0
        ? []
        : [error('key-mode', `mode ${shown} on ${name}: others than root can read or change the key`, CHANGE)]),
      ...(uid === 0 || !isSystem
        ? []
        : [error('key-owner', `the owner on ${name} is not root but user ${uid}`, `chown root:root ${path}`)]),
      ...(content.bytes >= KEY_BYTES_MIN
        ? []
        : [
            error(
              'key-short',
              `${content.bytes} bytes are no key: corosync does not start`,
              'Make one: corosync-keygen',
            ),
          ]),
      ...(first?.kind === 'read' && first.content.digest !== content.digest
        ? [error('files-differ', `is another key than ${first.path}: the nodes do not hear each other`, COPY)]
        : []),
    ];
  });
}

const CHANGE = 'chmod 0400 authkey; where others could read it, make a new one for all nodes: corosync-keygen';
const COPY = 'Copy one of them to all nodes, and restart corosync there.';
