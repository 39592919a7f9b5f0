import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../base/errors.ts';
import type { Finding } from '../cluster.ts';
import { lint } from '../failover.ts';
import { ssh, systemProcesses } from '../host.ts';
import type { Context } from './context.ts';
import { checkOf } from './ha-lint-file.ts';
import { defineCommand } from './spec.ts';
import { counted, printable } from './text.ts';

const SIGNS = { error: '✘', warning: '!', note: '·' } as const;
const STYLES = { error: 'red', warning: 'yellow', note: 'dim' } as const;
const FILES = ['ha.cf', 'haresources', 'authkeys'] as const;
/** Of a system with Pacemaker alone. */
const COROSYNC_FOLDER = 'etc/corosync';
const CONNECT_TIMEOUT_MS = 15_000;

type FileName = (typeof FILES)[number];

export const command = defineCommand({
  description:
    'Says what is wrong or unsafe in the configuration of a cluster, each with place, reason and remedy. Of Heartbeat: times ' +
    'against each other, heartbeat paths, names, differences between the nodes, keys, STONITH, what is mounted and assembled ' +
    'where, multiple-mount protection, scripts, and what starts at boot. Of Pacemaker: corosync.conf and its key on each ' +
    'node, and of the CIB fencing, multiple-mount protection, times to start and stop, and what moves left. Given are ' +
    'files, a folder of them or of a whole system, / for this machine, or hosts: of the configuration, or as ssh knows them. ' +
    'Hosts are read over ssh, and nothing is changed. What could not be examined is told too. A corosync.conf, a CIB (.xml) ' +
    'and a powerman.conf can be given by themselves. Exit code 1 when there are errors.',
  examples: [
    { line: 'ha lint oss01 oss02', does: 'check a pair, Heartbeat or Pacemaker, with what only its hosts can tell' },
    { line: 'ha lint /etc/ha.d', does: 'check the files of this machine' },
    { line: 'ha lint / oss02', does: 'check this machine and its peer' },
    { line: 'ha lint new/corosync.conf new/cib.xml', does: 'check files for Pacemaker' },
    { line: 'ha lint --json oss01 oss02', does: 'for programs' },
  ],
  arguments: [{ usage: '<file-or-host...>', description: 'ha.cf, haresources, authkeys; a folder; or a host' }],
  async run(context, words) {
    const { output, signal } = context;
    const files = words.filter((word) => checkOf(word) !== undefined && existsSync(word));
    const others = words.filter((word) => !files.includes(word));
    const nodes = await Promise.all((await nodesOf(context, others)).map((gather) => gather(signal)));
    const findings = [
      ...(others.length > 0 ? lint.lint(nodes) : []),
      ...[...new Set(files)].flatMap((file) => checkOf(file)!(file, context.clock.nowMs())),
    ];
    show(context, findings);
    const count = (level: Finding['level']): number => findings.filter((each) => each.level === level).length;
    const [errors, warnings, notes] = [count('error'), count('warning'), count('note')];
    const unreachable = nodes.filter((node) => node.unreachable !== undefined).length;
    output.summary({ nodes: nodes.length, unreachable, errors, warnings, notes });
    if (errors > 0)
      throw new AppError('failed', {
        detail: `${counted(errors, 'error')} and ${counted(warnings, 'warning')}`,
        hint: 'Each line above says what to do.',
      });
    output.line(
      warnings > 0 ? `No errors; ${counted(warnings, 'warning')}.` : 'Nothing is wrong in what was examined.',
    );
    return undefined;
  },
});

type Gather = (signal: AbortSignal) => Promise<lint.LintNode>;

/** A host of the configuration is meant before a path, and a path before what only ssh may know. */
async function nodesOf(context: Context, words: readonly string[]): Promise<Gather[]> {
  const { configFile, environment, clock } = context;
  const hosts = existsSync(configFile) ? await configuredHosts(configFile, environment) : {};
  const folders = new Map<string, Set<FileName> | undefined>();
  const gathers: Gather[] = [];
  for (const word of new Set(words)) {
    const isPath = word.includes('/') || (!Object.hasOwn(hosts, word) && (existsSync(word) || isFileName(word)));
    if (!isPath) {
      const { connectTimeout = CONNECT_TIMEOUT_MS, ...host } = hosts[word] ?? { address: word };
      const processes = ssh.sshProcesses(systemProcesses, { ...host, name: word, connectTimeoutMs: connectTimeout });
      const place = { name: word, prefix: `${word}:`, folder: '/etc/ha.d', root: '/' };
      gathers.push((signal) => lint.gatherNode({ processes, clock }, { ...place, signal }));
    } else addPath(folders, word);
  }
  for (const [folder, only] of folders) {
    const place = { ...placeOfFolder(folder), ...(only === undefined ? {} : { only }) };
    gathers.push((signal) => lint.gatherNode({ processes: systemProcesses, clock }, { ...place, signal }));
  }
  return gathers;
}

/** No host is called so: a file was meant that is not there. */
function isFileName(word: string): boolean {
  return FILES.some((name) => name === word) || checkOf(word) !== undefined;
}

/** Files of one folder belong to one node; a folder named itself is all of it. */
function addPath(folders: Map<string, Set<FileName> | undefined>, word: string): void {
  if (!existsSync(word)) throw new AppError('usage', { detail: `${word}: no such file or folder` });
  const file = FILES.find((name) => name === basename(word));
  if (statSync(word).isDirectory()) {
    folders.set(word, undefined);
    return;
  }
  if (file === undefined)
    throw new AppError('usage', {
      detail: `${word} is none of ${FILES.join(', ')}, corosync.conf, powerman.conf, and no .xml`,
      hint: 'Files are known by their names: give it that name in a copy, or give its folder or a host.',
    });
  const folder = dirname(word);
  const others = folders.get(folder);
  if (folders.has(folder) && others === undefined) return;
  folders.set(folder, new Set([...(others ?? []), file]));
}

function placeOfFolder(folder: string): Omit<lint.GatherRequest, 'signal'> {
  const root = resolve(folder);
  const inside = join(root, 'etc/ha.d');
  const isSystem = root === '/' || existsSync(inside) || existsSync(join(root, COROSYNC_FOLDER));
  return {
    name: root === '/' ? 'this host' : folder,
    prefix: '',
    folder: isSystem ? inside : root,
    root: isSystem ? root : undefined,
  };
}

async function configuredHosts(file: string, environment: Context['environment']) {
  const { loadConfig } = await import('../config.ts');
  return (await loadConfig({ file, environment })).config.hosts;
}

function show({ output }: Context, findings: readonly Finding[]): void {
  for (const [file, found] of Map.groupBy(findings, ({ place }) => place.file)) {
    output.line(output.paint('bold', printable(file)));
    for (const { code, level, place, text, remedy } of found) {
      const at = `${place.line}:${place.column}`;
      output.line(`  ${output.paint(STYLES[level], `${SIGNS[level]} ${level}`)} ${at} ${printable(text)} (${code})`);
      output.line(`      ${printable(remedy)}`);
      output.record('finding', { code, level, file, line: place.line, column: place.column, text, remedy });
    }
  }
}
