/** A captured configuration as it lies in a folder or a snapshot, believed only where its digests say so. */
import { AppError } from '../../base/errors.ts';
import { cib } from '../../cluster.ts';
import { COROSYNC_CONF, HA_CF } from '../capture/items.ts';
import { digestOf } from '../capture/read.ts';
import {
  type CaptureRecord,
  CIB_NAME,
  type FileRecord,
  type NodeRecord,
  parseRecord,
  RECORD_FILE,
} from '../capture/record.ts';

export interface StoredFile extends FileRecord {
  content: Uint8Array;
}

export interface StoredConfiguration {
  /** Where it lies, for messages. */
  place: string;
  record: CaptureRecord;
  /** Of the node that is restored. */
  node: NodeRecord;
  files: readonly StoredFile[];
  /** Undefined for a Heartbeat without one, or where none was had. */
  cib: cib.XmlDocument | undefined;
}

/** Content of a file below the folder of the cluster; undefined when it is not there. */
export type ReadStored = (name: string) => Promise<Uint8Array | undefined>;

/**
 * Reads the record, what belongs to one node, and the CIB.
 * @param node as the record calls it, or as it calls itself
 * @throws {AppError} `config` when something is missing or is not what was captured; `refused` when the node is not in it
 */
export async function openStored(
  read: ReadStored,
  { node: name, place }: { node: string; place: string },
): Promise<StoredConfiguration> {
  const text = await read(RECORD_FILE);
  if (text === undefined)
    throw new AppError('config', {
      detail: `${place} holds no ${RECORD_FILE}`,
      hint: 'Name the folder that a source of the kind "cluster" has become, with the name of the cluster.',
    });
  const record = parseRecord(Buffer.from(text).toString(), `${place}/${RECORD_FILE}`);
  const node =
    record.nodes.find((each) => each.name === name) ?? record.nodes.find((each) => each.calls_itself === name);
  if (node === undefined)
    throw new AppError('refused', {
      detail: `${name} is no node of the cluster ${record.cluster} in ${place}`,
      hint: `There are: ${record.nodes.map((each) => each.name).join(', ')}.`,
    });
  if (!node.reached)
    throw new AppError('refused', {
      detail: `${place} holds nothing of ${name}: ${node.why ?? 'it was not reached'} at ${node.read}`,
      hint: 'Take another point, in which it was reached.',
    });
  const files: StoredFile[] = [];
  for (const file of node.files)
    files.push({ ...file, content: await content(`${node.name}${file.path}`, file.sha256) });
  const { cib: told } = record;
  const document = told === null ? undefined : parseCib(await content(CIB_NAME, told.sha256), `${place}/${CIB_NAME}`);
  return { place, record, node, files, cib: document };

  async function content(path: string, sha256: string): Promise<Uint8Array> {
    const bytes = await read(path);
    if (bytes !== undefined && digestOf(bytes) === sha256) return bytes;
    const why = bytes === undefined ? 'is not there' : 'is not what was captured: its digest differs';
    throw new AppError('config', {
      detail: `${place}/${path} ${why}`,
      hint: 'Restore the folder again from the vault.',
    });
  }
}

/** Where both are configured, as packages bring a corosync.conf, it is the one that had a CIB. */
export function stackOf({ node, files, record }: StoredConfiguration): 'pacemaker' | 'heartbeat' {
  const has = (path: string): boolean => files.some((file) => file.path === path);
  if (has(COROSYNC_CONF) && (record.cib !== null || !has(HA_CF))) return 'pacemaker';
  if (has(HA_CF)) return 'heartbeat';
  throw new AppError('refused', {
    detail: `of ${node.name} neither corosync.conf nor ha.cf was captured`,
    hint: 'Take another point.',
  });
}

function parseCib(bytes: Uint8Array, place: string): cib.XmlDocument {
  const document = cib.parseXml(Buffer.from(bytes).toString(), place);
  cib.readCib(document);
  return document;
}
