/** Where `ha import` takes a configuration from: files, a folder, or a host. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { AppError, errnoOf, recalledError } from '../base/errors.ts';
import { cib, heartbeat } from '../cluster.ts';
import { imports, lint } from '../failover.ts';
import { systemProcesses } from '../host.ts';
import type { Context } from './context.ts';
import { treeFiles } from './ha-import-tree.ts';
import { LOCAL, openHosts } from './ha-mmp-devices.ts';
import { isThere } from './new-file.ts';

export interface SourceRequest {
  /** A folder or a host. */
  from: string | undefined;
  haCf: string | undefined;
  haresources: string | undefined;
  authkeys: string | undefined;
  cib: string | undefined;
  /** The other node: a host, or the root of its system. */
  peer: string | undefined;
}

export interface Source {
  cf: heartbeat.HaCf | undefined;
  haresources: heartbeat.Haresources | undefined;
  authkeys: heartbeat.Authkeys | undefined;
  /** Of a cluster that runs by XML. */
  cib: { text: string; file: string } | undefined;
  /** What is known of scripts, from the host or the system that the folder belongs to. */
  scripts: Record<string, imports.ScriptKind>;
  /** What services of init.d run there; nothing of files alone. */
  services: imports.services.ServiceReadings;
  resolved: Record<string, string[]>;
  /** Files of parameters that `stonith` lines name, as far as they are there. Hold passwords. */
  configTexts: ReadonlyMap<string, string>;
}

const FOLDER = '/etc/ha.d';
/** Larger is no configuration. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;
const READ_MS_MAX = 10_000;

/** Of the system that the files belong to, where it is known. */
interface Gathered extends Source {
  system?: imports.services.SystemFiles;
}

/** @throws {AppError} `usage` when it is not said what to import; `config` when a file that is needed cannot be read */
export async function readSource(context: Context, request: SourceRequest): Promise<Source> {
  const { system, ...gathered }: Gathered = request.from === undefined ? EMPTY : await gather(context, request.from);
  const { haCf, haresources, authkeys, cib } = request;
  const cf = haCf === undefined ? gathered.cf : heartbeat.parseHaCf(await readText(haCf), haCf);
  const resources =
    haresources === undefined
      ? gathered.haresources
      : heartbeat.parseHaresources(await readText(haresources), haresources);
  const keys = authkeys === undefined ? gathered.authkeys : heartbeat.parseAuthkeys(await readText(authkeys), authkeys);
  const xml = cib === undefined ? gathered.cib : { text: await readText(cib), file: cib };
  const source = { ...gathered, cf, haresources: resources, authkeys: keys, cib: xml };
  if (request.peer !== undefined && system === undefined)
    throw new AppError('usage', {
      detail: '--peer is compared with the node that is imported, and of that there are only files',
      hint: 'Import a host, or the root of its system.',
    });
  if (system === undefined) return source;
  const peer = request.peer === undefined ? [] : [await systemOf(context, request.peer)];
  return { ...source, services: await imports.services.readServices(bareScripts(source), [system, ...peer]) };
}

/** What may be services of init.d: words of haresources, or resources of a CIB. */
export function bareScripts({ haresources, scripts, cib: xml }: Source): string[] {
  if (xml !== undefined) {
    const { resources } = cib.readCib(cib.parseXml(xml.text, xml.file));
    return [...cib.everyResource(resources)].flatMap((each) =>
      each.kind === 'primitive' && each.agent?.standard === 'lsb' ? [each.agent.type] : [],
    );
  }
  const all = (haresources?.groups ?? []).flatMap(({ resources }) => resources);
  return all
    .filter(({ script, params }) => params.length === 0 && scripts[script] !== 'resource.d')
    .map(({ script }) => script);
}

/** @throws {AppError} `config` when there is no such folder */
async function systemOf(context: Context, from: string): Promise<imports.services.SystemFiles> {
  const isFolder = from.includes('/') || from === '.' || (await isThere(from));
  if (isFolder && from !== '/') {
    if (await isThere(join(from, 'etc'))) return treeFiles(from);
    throw new AppError('config', {
      detail: `${from} has no etc in it`,
      hint: 'Give the root of a system, or a host.',
    });
  }
  const { name, processes } = (await openHosts(context))(isFolder ? LOCAL : from);
  return imports.services.nodeFiles({ name: isFolder ? 'this machine' : name, processes }, context.signal);
}

/** A file for the tools of Pacemaker, in a folder that only this user can enter. */
export const scratchFile: imports.ScratchFile = async (text, use) => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-import-'));
  try {
    const path = join(folder, 'cib.xml');
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
    await use(path);
    return await readFile(path, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const EMPTY: Source = {
  cf: undefined,
  haresources: undefined,
  authkeys: undefined,
  cib: undefined,
  scripts: {},
  services: {},
  resolved: {},
  configTexts: new Map(),
};

async function gather(context: Context, from: string): Promise<Gathered> {
  const isFolder = from.includes('/') || from === '.' || (await isThere(from));
  if (!isFolder) return await gatherHost(context, from);
  const isSystem = await isThere(join(from, FOLDER));
  const folder = isSystem ? join(from, FOLDER) : from;
  const root = isSystem ? from : undefined;
  const { clock, signal } = context;
  const place = { name: from, prefix: '', folder, root, signal };
  const node = await lint.gatherNode({ processes: systemProcesses, clock }, place);
  const cib = join(folder, 'cib.xml');
  const source = sourceOf(node);
  const isXml = source.haresources === undefined && (await isThere(cib));
  const configTexts = new Map<string, string>();
  for (const file of configFilesOf(source)) {
    // Of a copied folder they are beside the others.
    const path = isSystem ? join(from, file) : join(folder, basename(file));
    if (await isThere(path)) configTexts.set(file, await readText(path));
  }
  return {
    ...source,
    configTexts,
    cib: isXml ? { text: await readText(cib), file: cib } : undefined,
    ...(isSystem ? { system: await systemOf(context, from) } : {}),
  };
}

async function gatherHost(context: Context, name: string): Promise<Gathered> {
  const find = await openHosts(context);
  const machine = find(name);
  const { processes } = machine;
  const { signal } = context;
  const node = await lint.gatherNode(machine, { name, prefix: `${name}:`, folder: FOLDER, root: '/', signal });
  if (node.unreachable !== undefined) throw recalledError('host-unreachable', node.unreachable);
  const source = sourceOf(node);
  const nodes = source.cf === undefined ? [] : heartbeat.settingsOf(source.cf).nodes;
  const resolved: Source['resolved'] = {};
  for (const each of nodes) {
    // As the host itself sees it, which is what corosync will.
    const { exitCode, output } = await processes.run('getent', ['ahosts', each], {
      timeLimitMs: READ_MS_MAX,
      signal,
    });
    const lines = exitCode === 0 ? output.toString('utf8').split('\n') : [];
    resolved[each] = [...new Set(lines.flatMap((line) => line.split(/\s+/)[0] || []))];
  }
  const configTexts = new Map<string, string>();
  for (const file of configFilesOf(source)) {
    const { exitCode, output } = await processes.run('cat', ['--', file], { timeLimitMs: READ_MS_MAX, signal });
    if (exitCode === 0) configTexts.set(file, output.toString('utf8'));
  }
  return { ...source, resolved, configTexts, system: imports.services.nodeFiles(machine, signal) };
}

function configFilesOf({ cf }: Source): string[] {
  const lines = cf === undefined ? [] : heartbeat.settingsOf(cf).stonith;
  return lines.flatMap(({ configFile }) => configFile ?? []);
}

function sourceOf(node: lint.LintNode): Source {
  const text = (found: lint.LintNode['haCf']): { content: string; path: string } | undefined => {
    if (found.kind === 'read') return found;
    if (found.kind !== 'unreadable') return undefined;
    throw new AppError('config', { detail: `${found.path}: ${found.why}`, hint: found.remedy });
  };
  const cf = text(node.haCf);
  const haresources = text(node.haresources);
  return {
    ...EMPTY,
    cf: cf && heartbeat.parseHaCf(cf.content, cf.path),
    haresources: haresources && heartbeat.parseHaresources(haresources.content, haresources.path),
    authkeys: node.authkeys.kind === 'read' ? node.authkeys.content : undefined,
    scripts: Object.fromEntries([
      ...[...(node.scripts?.init ?? [])].map((name) => [name, 'init.d'] as const),
      ...[...(node.scripts?.resource ?? [])].map((name) => [name, 'resource.d'] as const),
    ]),
  };
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    const hint = 'Check the path and who may read it.';
    throw new AppError('config', { detail: `cannot read ${path} (${errno})`, hint, cause });
  });
  if (bytes.length > FILE_BYTES_MAX)
    throw new AppError('config', { detail: `${path} has ${bytes.length} bytes`, hint: `It is no ${basename(path)}.` });
  if (bytes.includes(0))
    throw new AppError('config', {
      detail: `${path}: zero bytes in it, as a loss of power leaves them`,
      hint: 'Take it from the other node or from a backup; a text in UTF-16 has to be made UTF-8 first (iconv).',
    });
  return bytes.toString('utf8');
}
