/** Where `ha restore` takes a captured configuration from: a folder that was restored, or a snapshot itself. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, errnoOf, hasCode } from '../base/errors.ts';
import type { BlobId } from '../base/ids.ts';
import { restore } from '../failover.ts';
import { browse, type Vault } from '../vault.ts';
import { chooseInside } from './choose.ts';
import type { Context } from './context.ts';
import { listSnapshots } from './listed.ts';
import { openLocked } from './open.ts';

export interface StoredRequest {
  node: string;
  /** A folder; undefined for a snapshot. */
  from: string | undefined;
  snapshot: string | undefined;
  cluster: string | undefined;
}

const RECORD = 'record.json';
/** Larger is no file of a cluster's configuration. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** @throws {AppError} `usage`, `config`, `refused`, and what opening a vault throws */
export async function readStored(context: Context, request: StoredRequest): Promise<restore.StoredConfiguration> {
  const { from, snapshot } = request;
  if ((from === undefined) === (snapshot === undefined))
    throw new AppError('usage', {
      detail: 'it is not said where the configuration is restored from',
      hint: 'Give --from FOLDER, or -r VAULT --snapshot ID.',
    });
  return from === undefined ? await fromSnapshot(context, request) : await fromFolder(from, request);
}

async function fromFolder(from: string, { node, cluster }: StoredRequest): Promise<restore.StoredConfiguration> {
  const place = await clusterFolder(from, cluster);
  return await restore.openStored((name) => readIfThere(join(place, name)), { node, place });
}

/** The folder itself, or the one in it that holds a record. */
async function clusterFolder(from: string, cluster: string | undefined): Promise<string> {
  if ((await readIfThere(join(from, RECORD))) !== undefined) return from;
  const names = await readdir(from).catch((cause: unknown) => {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    throw new AppError('usage', {
      detail: `cannot read ${from} (${errno})`,
      hint: 'Name a folder that was restored.',
      cause,
    });
  });
  const found: string[] = [];
  for (const name of names)
    if ((cluster === undefined || name === cluster) && (await readIfThere(join(from, name, RECORD))) !== undefined)
      found.push(name);
  return join(from, only(found, { place: from, cluster }));
}

async function fromSnapshot(
  context: Context,
  { node, snapshot: name, cluster }: StoredRequest,
): Promise<restore.StoredConfiguration> {
  await using opened = await openLocked(context, { lock: 'shared' });
  const { vault, signal } = opened;
  // Others may be in the vault as well, of other plans.
  const filter = { host: [], tag: [], path: cluster === undefined ? [] : [`/${cluster}`] };
  const { snapshot } = chooseInside(await listSnapshots(context, opened), name!, filter);
  const at = { vault, tree: snapshot.tree, signal };
  const found: string[] = [];
  for (const path of snapshot.paths)
    if ((cluster === undefined || path === `/${cluster}`) && (await readFrom(at, `${path}/${RECORD}`)) !== undefined)
      found.push(path.slice(1));
  const folder = only(found, { place: `snapshot ${snapshot.id.slice(0, 8)}`, cluster });
  const place = `snapshot ${snapshot.id.slice(0, 8)}:/${folder}`;
  return await restore.openStored((file) => readFrom(at, `/${folder}/${file}`), { node, place });
}

function only(found: readonly string[], { place, cluster }: { place: string; cluster: string | undefined }): string {
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new AppError('usage', {
      detail: `${place} holds several clusters: ${found.join(', ')}`,
      hint: 'Say which with --cluster NAME.',
    });
  throw new AppError('usage', {
    detail: `${place} holds no configuration of ${cluster === undefined ? 'a cluster' : `a cluster ${cluster}`}`,
    hint: 'It comes from a plan with a source such as { cluster: NAME }; see docs/plans.md.',
  });
}

async function readFrom(
  { vault, tree, signal }: { vault: Vault; tree: BlobId; signal: AbortSignal },
  path: string,
): Promise<Uint8Array | undefined> {
  const found = await browse.findPath(vault, { tree, path }).catch((error: unknown) => {
    if (!hasCode(error, 'path-missing')) throw error;
    return undefined;
  });
  if (found?.kind !== 'entry' || found.node.type !== 'file') return undefined;
  return Buffer.concat(await Array.fromAsync(browse.contentOf(vault, found.node, signal)));
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) throw new AppError('config', { detail: `${path}: larger than any configuration` });
    return await readFile(path);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EISDIR') return undefined;
    throw new AppError('usage', {
      detail: `cannot read ${path} (${errno})`,
      hint: 'Restored keys are readable by root.',
      cause,
    });
  }
}
