/** What was asked of each node, what was found and what not: it lies beside the files, as JSON. */
import { AppError } from '../../base/errors.ts';
import { itemOf } from './items.ts';

export const RECORD_FILE = 'record.json';
/** The CIB of the whole cluster, beside it. */
export const CIB_NAME = 'cib.xml';

export interface CaptureRecord {
  format: 1;
  cluster: string;
  made: string;
  /** Version of the program that made it. */
  holdfast: string;
  nodes: readonly NodeRecord[];
  cib: CibRecord | null;
  /** What must be there and was not had, in words. */
  problems: readonly string[];
}

export interface NodeRecord {
  /** As the configuration of the plan calls it; its folder. */
  name: string;
  /** As it calls itself; null when it was not reached. */
  calls_itself: string | null;
  reached: boolean;
  /** Why it was not. */
  why: string | null;
  /** When its files were read. */
  read: string;
  files: readonly FileRecord[];
  /** Paths that were looked for and are not there. */
  absent: readonly string[];
  unreadable: readonly { path: string; why: string }[];
}

export interface FileRecord {
  /** On the node. */
  path: string;
  bytes: number;
  sha256: string;
  /** `0400` */
  mode: string;
  uid: number;
  gid: number;
  user: string;
  group: string;
  modified: string;
}

export interface CibRecord {
  /** `live`: the cluster told it. `file`: no cluster answered, and this lay on the disk of that node. */
  source: 'live' | 'file';
  node: string;
  admin_epoch: number;
  epoch: number;
  num_updates: number;
  bytes: number;
  sha256: string;
}

export function formatRecord(value: CaptureRecord): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * A record that comes from outside: what it names is a node's configuration and nothing else, whatever stands in it.
 * @throws {AppError} `config`
 */
export function parseRecord(text: string, name: string): CaptureRecord {
  const given = parseJson(text, name);
  const wrong = faultOf(given);
  if (wrong !== undefined) throw broken(name, wrong);
  return given as CaptureRecord;
}

const NODE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const DIGEST = /^[0-9a-f]{64}$/;

function faultOf(value: unknown): string | undefined {
  if (!isObject(value) || value['format'] !== 1) return 'it is no record of a cluster that this program knows';
  const { cluster, nodes, cib } = value;
  if (!isName(cluster)) return 'the cluster has no name';
  if (!Array.isArray(nodes) || nodes.length === 0) return 'it names no node';
  for (const node of nodes) {
    if (!isObject(node) || !isName(node['name']) || !Array.isArray(node['files'])) return 'a node in it is not whole';
    const wrong = node['files'].find((file) => !isFile(file));
    if (wrong !== undefined) return `a file of ${node['name']} is not whole, or no configuration of a cluster`;
  }
  if (new Set(nodes.map(({ name }) => name)).size < nodes.length) return 'a node is in it twice';
  return cib === null || isCib(cib) ? undefined : 'what it says of the CIB is not whole';
}

function isFile(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { path, sha256, mode, uid, gid } = value;
  const isPath = typeof path === 'string' && (itemOf(path) !== undefined || isKeyPath(path));
  const isSound = typeof sha256 === 'string' && DIGEST.test(sha256) && /^0[0-7]{3}$/.test(String(mode));
  return isPath && isSound && isCount(uid) && isCount(gid);
}

/** A key that corosync.conf names elsewhere; whether it does is looked at before it is written. */
function isKeyPath(path: string): boolean {
  return path.startsWith('/etc/') && !path.split('/').some((part) => part === '.' || part === '..');
}

function isCib(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { source, node, sha256, admin_epoch, epoch, num_updates } = value;
  const isKnown = (source === 'live' || source === 'file') && isName(node);
  return isKnown && DIGEST.test(String(sha256)) && [admin_epoch, epoch, num_updates].every(isCount);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && NODE_NAME.test(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw broken(name, 'it is no JSON');
  }
}

function broken(name: string, why: string): AppError {
  return new AppError('config', {
    detail: `${name}: ${why}`,
    hint: 'Restore the folder again from the vault, with holdfast restore or restic.',
  });
}
