/** From a host, or a folder of files, to what the checks look at. Reads only. */

import { LINT_NODE_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import { heartbeat, UNREACHED } from '../../cluster.ts';
import type { Clock, Processes } from '../../host.ts';
import { ownMountsOf } from './facts.ts';
import { readDevices } from './gather-devices.ts';
import { gatherPacemaker } from './gather-pacemaker.ts';
import { type Found, type LintNode, READ_REMEDY } from './model.ts';
import { GATHER } from './script.ts';

export interface GatherRequest {
  /** As messages name the node. */
  name: string;
  /** Put before each path: `oss01:`, or nothing for files of this machine. */
  prefix: string;
  /** Folder of `ha.cf`, `haresources` and `authkeys`. */
  folder: string;
  /** Root of the system they belong to: `/` for the running one; undefined for files alone. */
  root: string | undefined;
  /** Which of the three files were asked for; all when absent. */
  only?: ReadonlySet<'ha.cf' | 'haresources' | 'authkeys'>;
  signal: AbortSignal;
}

/** Through which it is looked at: this one, or another over ssh. */
export interface Machine {
  processes: Processes;
  clock: Clock;
}

/** Never throws for a node that cannot be reached or does not answer in time: that is what is known of it then. */
export async function gatherNode(machine: Machine, request: GatherRequest): Promise<LintNode> {
  const { folder, root = '', signal } = request;
  const options = { timeLimitMs: LINT_NODE_MS_MAX, signal };
  try {
    const { exitCode, output, errorText } = await machine.processes.run(
      'sh',
      ['-c', GATHER, 'sh', folder, root],
      options,
    );
    if (exitCode !== 0)
      throw new AppError('command-failed', { detail: `sh, exit code ${exitCode}: ${firstLine(errorText)}` });
    const answer = readAnswer(output);
    const node = nodeOf(answer, request);
    const whole = root === '/' ? { ...node, ...(await protectionOf(machine, node, request)) } : node;
    const hasPacemaker = answer.names.some(([kind, name]) => kind === 'listed' && name === 'pacemaker');
    return hasPacemaker && request.only === undefined
      ? { ...whole, pacemaker: await gatherPacemaker(machine, request) }
      : whole;
  } catch (error) {
    if (!hasCode(error, ...UNREACHED)) throw error;
    return { ...nodeOf(EMPTY, request), unreachable: error.message };
  }
}

/** Why there is no text of a file. A shell cannot hold zero bytes, and what is left without them is another text. */
const NOT_READ = {
  denied: { why: 'no right to read it', remedy: READ_REMEDY },
  odd: {
    why: 'no plain file, or over 1 MiB',
    remedy: 'See what lies there (ls -l), and put the file itself in its place.',
  },
  zeros: {
    why: 'zero bytes in it, as a loss of power leaves them',
    remedy: 'Copy it from the other node or from a backup, and see what else was damaged.',
  },
} as const;

interface AnsweredFile {
  kind: 'file' | 'absent' | keyof typeof NOT_READ;
  mode: number;
  uid: number;
  text: string;
}

interface Answer {
  files: ReadonlyMap<string, AnsweredFile>;
  names: readonly (readonly [kind: string, name: string])[];
}

const EMPTY: Answer = { files: new Map(), names: [] };

/** @throws {AppError} `command-failed` when it is not what the script prints, as where a login prints something too */
export function readAnswer(output: Buffer): Answer {
  const files = new Map<string, AnsweredFile>();
  const names: (readonly [string, string])[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(0x0a, at);
    const [kind = '', key = '', ...about] = output.toString('utf8', at, end < 0 ? output.length : end).split(' ');
    if (end < 0) throw unexpected();
    at = end + 1;
    if (kind === 'file') {
      const [mode = '', uid = '', bytes = ''] = about;
      const size = Number(bytes);
      if (bytes === '' || !Number.isSafeInteger(size) || at + size >= output.length) throw unexpected();
      files.set(key, {
        kind,
        mode: Number.parseInt(mode, 8),
        uid: Number(uid),
        text: output.toString('utf8', at, at + size),
      });
      at += size + 1;
    } else if (kind === 'absent' || isNotRead(kind)) files.set(key, { kind, mode: 0, uid: 0, text: '' });
    else if (['name', 'listed', 'resource', 'init', 'boot'].includes(kind))
      names.push([kind, [key, ...about].join(' ')]);
    else throw unexpected();
  }
  return { files, names };
}

function isNotRead(kind: string): kind is keyof typeof NOT_READ {
  return Object.hasOwn(NOT_READ, kind);
}

function unexpected(): AppError {
  return new AppError('command-failed', {
    detail: 'sh: what it printed is not what was asked for',
    hint: 'See whether a login prints something by itself: start-up files of the account.',
  });
}

function nodeOf({ files, names }: Answer, { name, prefix, folder, root, only }: GatherRequest): LintNode {
  const named = (kind: string): string[] => names.flatMap(([each, value]) => (each === kind ? [value] : []));
  const isListed = (what: string): boolean => named('listed').includes(what);
  const base = (root ?? '').replace(/\/$/, '');
  const found = (key: string, path: string): Found<string> => foundOf(files.get(key), `${prefix}${path}`);
  const asked = (key: string, file: 'ha.cf' | 'haresources' | 'authkeys'): Found<string> =>
    only === undefined || only.has(file)
      ? found(key, `${folder}/${file}`)
      : { kind: 'unknown', path: `${prefix}${folder}/${file}` };
  const keys = asked('authkeys', 'authkeys');
  return {
    name,
    hostName: named('name')[0] || undefined,
    haCf: asked('haCf', 'ha.cf'),
    haresources: asked('haresources', 'haresources'),
    authkeys: keys.kind === 'read' ? { ...keys, content: heartbeat.parseAuthkeys(keys.content, keys.path) } : keys,
    fstab: found('fstab', `${base}/etc/fstab`),
    mdadmConf: files.has('mdadmDebian')
      ? found('mdadmDebian', `${base}/etc/mdadm/mdadm.conf`)
      : found('mdadmConf', `${base}/etc/mdadm.conf`),
    scripts: isListed('scripts') ? { resource: new Set(named('resource')), init: new Set(named('init')) } : undefined,
    bootServices: isListed('boot') ? new Set(named('boot')) : undefined,
    mmp: undefined,
  };
}

function foundOf(file: AnsweredFile | undefined, path: string): Found<string> {
  if (file === undefined) return { kind: 'unknown', path };
  const { kind, text, mode, uid } = file;
  if (kind === 'file') return { kind: 'read', path, content: text, mode, uid };
  if (kind === 'absent') return { kind: 'absent', path };
  return { kind: 'unreadable', path, ...NOT_READ[kind] };
}

/** A device that cannot be read, or hangs, must not take along what is known already. */
async function protectionOf(
  machine: Machine,
  { haresources }: LintNode,
  { name, signal }: GatherRequest,
): Promise<Pick<LintNode, 'mmp' | 'mmpFailures'>> {
  const text = haresources.kind === 'read' ? haresources.content : '';
  const mounts = ownMountsOf(heartbeat.parseHaresources(text).groups);
  const devices = [...new Set(mounts.map(({ device }) => device))];
  const { sights, failures } = await readDevices({ name, ...machine }, devices, signal);
  return { mmp: new Map([...sights].map(([device, { feature }]) => [device, feature])), mmpFailures: failures };
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
