/** From a host with Pacemaker, or a folder of its files, to what the checks look at. Reads only; no key is kept. */
import { CLUSTER_READ_MS_MAX, LINT_NODE_MS_MAX } from '../../base/cluster-limits.ts';
import { hasCode } from '../../base/errors.ts';
import { cib, corosync, live, pacemaker, pacemakerAct, UNANSWERED, UNREACHED } from '../../cluster.ts';
import { CIB_FILE, COROSYNC_CONF } from '../capture/items.ts';
import { digestOf, type ReadFile, type ReadNode, readNodeFiles } from '../capture/read.ts';
import type { GatherRequest, Machine } from './gather.ts';
import { type ReadDevices, readDevices } from './gather-devices.ts';
import { type Found, type PacemakerFacts, READ_REMEDY } from './model.ts';

/** Corosync's own place for its key (corosync.conf(5), keyfile). */
const AUTHKEY = '/etc/corosync/authkey';

/** Never throws for what cannot be read: that is what is known of it then. */
export async function gatherPacemaker(machine: Machine, request: GatherRequest): Promise<PacemakerFacts> {
  const { root, prefix } = request;
  const read = (paths: readonly string[]): Promise<ReadNode> => readFiles(machine, request, paths);
  const isSystem = root !== undefined;
  const at = (inSystem: string, inFolder: string): string =>
    isSystem ? `${root.replace(/\/$/, '')}${inSystem}` : `${request.folder}/${inFolder}`;
  const paths = { conf: at(COROSYNC_CONF, 'corosync.conf'), cib: at(CIB_FILE, 'cib.xml') };
  const first = await read([paths.conf, paths.cib, at(AUTHKEY, 'authkey')]);
  const corosyncConf = foundOf(first, paths.conf, { prefix, of: textOf });
  const elsewhere = isSystem ? keyFileOf(corosyncConf) : undefined;
  const key = elsewhere === undefined ? at(AUTHKEY, 'authkey') : at(elsewhere, '');
  const second = elsewhere === undefined ? first : await read([key]);
  const found = foundOf(first, paths.cib, { prefix, of: textOf });
  const asked = root === '/' ? await askLive(machine, request) : undefined;
  const ofCib = asked ?? found;
  return {
    atMs: machine.clock.nowMs(),
    corosyncConf,
    authkey: foundOf(second, key, { prefix, of: ({ bytes }) => ({ digest: digestOf(bytes), bytes: bytes.length }) }),
    cib: ofCib,
    isLive: asked !== undefined,
    isSystem,
    ...(root === '/' ? await devicesOf(machine, request, ofCib) : NO_DEVICES),
  };
}

const NO_DEVICES: Pick<PacemakerFacts, 'devices' | 'deviceFailures'> = {
  devices: new Map(),
  deviceFailures: new Map(),
};

async function readFiles(
  { processes }: Machine,
  { name, signal }: GatherRequest,
  paths: readonly string[],
): Promise<ReadNode> {
  try {
    return await readNodeFiles({ name, processes }, paths, { timeLimitMs: LINT_NODE_MS_MAX, signal });
  } catch (error) {
    if (!hasCode(error, ...UNREACHED)) throw error;
    const why = error.message;
    return { name, files: [], absent: [], unreadable: paths.map((path) => ({ path, why })) };
  }
}

/** Undefined where no cluster runs, or it does not answer: its file is what is left then. */
async function askLive(
  { processes, clock }: Machine,
  { name, signal }: GatherRequest,
): Promise<Found<string> | undefined> {
  try {
    const options = { clock, signal, timeLimitMs: CLUSTER_READ_MS_MAX };
    const { text, file } = await pacemakerAct.readLiveCib({ name, processes }, options);
    return { kind: 'read', path: file, content: text, mode: undefined, uid: undefined };
  } catch (error) {
    if (!hasCode(error, 'config', 'refused', ...UNANSWERED)) throw error;
    return undefined;
  }
}

function keyFileOf(conf: Found<string>): string | undefined {
  if (conf.kind !== 'read') return undefined;
  const { keyFile } = corosync.settingsOf(corosync.parseCorosync(conf.content, conf.path)).crypto;
  return keyFile.startsWith('/') && keyFile !== AUTHKEY ? keyFile : undefined;
}

async function devicesOf(
  machine: Machine,
  { name, signal }: GatherRequest,
  found: Found<string>,
): Promise<Pick<PacemakerFacts, 'devices' | 'deviceFailures'>> {
  const places = filesystemsOf(found).map(live.placeOfDevice);
  const paths = places.flatMap((place) => (place.kind === 'path' ? [place.path] : []));
  const read: ReadDevices = await readDevices({ name, ...machine }, [...new Set(paths)], signal);
  return { devices: read.sights, deviceFailures: read.failures };
}

/** None of a CIB that cannot be understood, which a check tells. */
export function filesystemsOf(found: Found<string>): readonly live.SharedFilesystem[] {
  if (found.kind !== 'read') return [];
  try {
    cib.parseXml(found.content, found.path);
    return pacemaker.readConfiguration(found.content, found.path).filesystems;
  } catch (error) {
    if (!hasCode(error, 'config', 'cluster-unclear')) throw error;
    return [];
  }
}

function foundOf<T>(
  { files, absent, unreadable }: ReadNode,
  path: string,
  { prefix, of }: { prefix: string; of: (file: ReadFile) => T },
): Found<T> {
  const shown = `${prefix}${path}`;
  const file = files.find((each) => each.path === path);
  if (file !== undefined) return { kind: 'read', path: shown, content: of(file), mode: file.mode, uid: file.uid };
  const failed = unreadable.find((each) => each.path === path);
  if (failed !== undefined) return { kind: 'unreadable', path: shown, why: failed.why, remedy: READ_REMEDY };
  return absent.includes(path) ? { kind: 'absent', path: shown } : { kind: 'unknown', path: shown };
}

function textOf({ bytes }: ReadFile): string {
  return bytes.toString();
}
