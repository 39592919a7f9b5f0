/** From what the nodes gave to the files of a snapshot and their record, with what is missing that must not be. */
import { AppError, hasCode } from '../../base/errors.ts';
import { cib, heartbeat } from '../../cluster.ts';
import { corosyncOf, type GatheredNode, versionOf } from './gather.ts';
import { CIB_FILE, COROSYNC_CONF, HA_AUTHKEYS, HA_CF, HARESOURCES } from './items.ts';
import { digestOf, type ReadFile, type ReadNode } from './read.ts';
import { type CaptureRecord, CIB_NAME, type CibRecord, formatRecord, type NodeRecord, RECORD_FILE } from './record.ts';

export interface CapturedConfiguration {
  /** Path below the top of the snapshot: `CLUSTER/NODE/etc/corosync/corosync.conf`. */
  files: readonly { name: string; mode: number; bytes: Uint8Array }[];
  record: CaptureRecord;
  /** What must be there and was not had: with any of these, the backup is not complete. Without secrets. */
  problems: readonly string[];
}

const PRIVATE_MODE = 0o600;

/**
 * @throws {AppError} `source-failed` when no node could be asked, or none has the configuration of a cluster: an empty
 * folder must not look like a backup
 */
export function captureOf(
  cluster: string,
  nodes: readonly GatheredNode[],
  { nowMs, version }: { nowMs: number; version: string },
): CapturedConfiguration {
  const reached = nodes.filter(({ read }) => read !== undefined);
  if (reached.length === 0) {
    const why = nodes.map((node) => `${node.name}: ${node.why}`).join('; ');
    throw new AppError('source-failed', { detail: `no node of the cluster ${cluster} answers: ${why}` });
  }
  if (reached.every(({ read }) => !isConfigured(read!))) {
    const detail = `no node of the cluster ${cluster} has ${COROSYNC_CONF} or ${HA_CF}`;
    throw new AppError('source-failed', { detail, hint: 'Check the nodes of the cluster in the configuration.' });
  }
  const chosen = chooseCib(nodes);
  const problems = [...nodes.flatMap(problemsOf), ...cibProblems(nodes, chosen)];
  const record: CaptureRecord = {
    format: 1,
    cluster,
    made: new Date(nowMs).toISOString(),
    holdfast: version,
    nodes: nodes.map(recordOf),
    cib: chosen?.record ?? null,
    problems,
  };
  const files = nodes.flatMap(({ name, read }) =>
    (read?.files ?? []).map(({ path, mode, bytes }) => ({ name: `${cluster}/${name}${path}`, mode, bytes })),
  );
  const own = (name: string, bytes: Uint8Array) => ({ name: `${cluster}/${name}`, mode: PRIVATE_MODE, bytes });
  return {
    files: [
      own(RECORD_FILE, Buffer.from(formatRecord(record))),
      ...(chosen === undefined ? [] : [own(CIB_NAME, chosen.bytes)]),
      ...files,
    ],
    record,
    problems,
  };
}

function isConfigured({ files }: ReadNode): boolean {
  return files.some(({ path }) => path === COROSYNC_CONF || path === HA_CF);
}

function recordOf({ name, atMs, read, why }: GatheredNode): NodeRecord {
  return {
    name,
    calls_itself: read?.name ?? null,
    reached: read !== undefined,
    why: why ?? null,
    read: new Date(atMs).toISOString(),
    files: (read?.files ?? []).map(({ bytes, mode, modifiedMs, ...file }) => ({
      path: file.path,
      bytes: bytes.length,
      sha256: digestOf(bytes),
      mode: `0${mode.toString(8).padStart(3, '0')}`,
      uid: file.uid,
      gid: file.gid,
      user: file.user,
      group: file.group,
      modified: new Date(modifiedMs).toISOString(),
    })),
    absent: read?.absent ?? [],
    unreadable: read?.unreadable ?? [],
  };
}

function problemsOf({ name, read, why }: GatheredNode): string[] {
  if (read === undefined) return [`${name} was not asked: ${why}`];
  const unread = read.unreadable.map((each) => `${name}: ${each.path}: ${each.why}`);
  if (!isConfigured(read) && unread.length === 0)
    return [`${name} has neither ${COROSYNC_CONF} nor ${HA_CF}: is it a node of this cluster?`];
  const isThere = (path: string): boolean =>
    read.files.some((file) => file.path === path) || read.unreadable.some((each) => each.path === path);
  const lacking = neededBy(read).filter((path) => !isThere(path));
  return [...unread, ...lacking.map((path) => `${name}: ${path} is not there, and the cluster needs it`)];
}

/** By what the configuration itself says. */
function neededBy({ files }: ReadNode): string[] {
  const settings = corosyncOf(files);
  const isSigned =
    settings !== undefined && [settings.crypto.cipher, settings.crypto.hash].some((each) => each !== 'none');
  const key = isSigned && !settings.crypto.hasInlineKey ? [settings.crypto.keyFile] : [];
  const haCf = files.find(({ path }) => path === HA_CF);
  if (haCf === undefined) return key;
  const { crm } = heartbeat.settingsOf(heartbeat.parseHaCf(haCf.bytes.toString()));
  return [...key, HA_AUTHKEYS, ...(crm === undefined || crm === 'off' ? [HARESOURCES] : [])];
}

interface ChosenCib {
  record: CibRecord;
  bytes: Buffer;
}

/** The newest that a running cluster tells; where none answers, the newest that lies on a disk. */
function chooseCib(nodes: readonly GatheredNode[]): ChosenCib | undefined {
  const live = nodes.flatMap(({ name, live: document }) =>
    document === undefined
      ? []
      : [candidate({ source: 'live', name, document, bytes: Buffer.from(cib.formatXml(document)) })],
  );
  return newestOf(live) ?? newestOf(nodes.flatMap(onDisk));
}

function onDisk({ name, read }: GatheredNode): ChosenCib[] {
  const file = read?.files.find(({ path }) => path === CIB_FILE);
  const document = file === undefined ? undefined : documentOf(file);
  return document === undefined ? [] : [candidate({ source: 'file', name, document, bytes: file!.bytes })];
}

function documentOf({ bytes, path }: ReadFile): cib.XmlDocument | undefined {
  try {
    const document = cib.parseXml(bytes.toString(), path);
    cib.epochOf(document);
    return document;
  } catch (error) {
    // It is kept as it is, and told as a problem.
    if (!hasCode(error, 'config')) throw error;
    return undefined;
  }
}

function candidate({
  source,
  name,
  document,
  bytes,
}: {
  source: 'live' | 'file';
  name: string;
  document: cib.XmlDocument;
  bytes: Buffer;
}): ChosenCib {
  const { adminEpoch, epoch, numUpdates } = cib.epochOf(document);
  const version = { admin_epoch: adminEpoch, epoch, num_updates: numUpdates };
  return { bytes, record: { source, node: name, ...version, bytes: bytes.length, sha256: digestOf(bytes) } };
}

function newestOf(found: readonly ChosenCib[]): ChosenCib | undefined {
  return found.toSorted((a, b) => compareRecords(b.record, a.record))[0];
}

function compareRecords(a: CibRecord, b: CibRecord): number {
  return a.admin_epoch - b.admin_epoch || a.epoch - b.epoch || a.num_updates - b.num_updates;
}

function cibProblems(nodes: readonly GatheredNode[], chosen: ChosenCib | undefined): string[] {
  const members = nodes.filter(({ read }) => read?.files.some(({ path }) => path === COROSYNC_CONF));
  // Packages bring a corosync.conf, which says nothing where Heartbeat is configured.
  const isHeartbeat = nodes.some(({ read }) => read?.files.some(({ path }) => path === HA_CF));
  if (members.length === 0 || (chosen === undefined && isHeartbeat)) return [];
  if (chosen === undefined) {
    const why = members.map(({ name, liveWhy }) => `${name}: ${liveWhy}`).join('; ');
    return [`the CIB could not be had, neither from a running cluster nor from a disk: ${why}`];
  }
  const broken = members.flatMap(({ name, read }) =>
    read!.files.some((file) => file.path === CIB_FILE && documentOf(file) === undefined)
      ? [`${name}: ${CIB_FILE} is no CIB that can be read`]
      : [],
  );
  const versions = new Map(
    members.flatMap(({ name, live }) => (live === undefined ? [] : [[name, versionOf(live)] as const])),
  );
  if (new Set(versions.values()).size <= 1) return broken;
  const told = [...versions].map(([name, version]) => `${name} says ${version}`).join(', ');
  return [...broken, `the nodes do not agree on the CIB: ${told}`];
}
