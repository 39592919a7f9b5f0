import { AppError } from '../base/errors.ts';
import { corosync } from '../cluster.ts';
import { imports, lustre } from '../failover.ts';
import { systemProcesses, systemRandom } from '../host.ts';
import type { Context } from './context.ts';
import { planOfPair } from './ha-import-pair.ts';
import { showDecisions, showFile, showGroups, showLustre, type Told } from './ha-import-show.ts';
import { bareScripts, readSource, type Source, scratchFile } from './ha-import-source.ts';
import { readPowerman } from './ha-lint-file.ts';
import { createFolder, type NewFile } from './new-folder.ts';
import { choice, flag, list, type OptionValues, text, whole } from './options.ts';
import { defineCommand } from './spec.ts';
import { suggestion } from './suggest.ts';
import { counted, printable } from './text.ts';

const OPTIONS = {
  to: text('folder', 'Write corosync.conf, authkey and cib.xml into this folder, which must not be there yet'),
  dryRun: flag('Show the plan and the files without secrets, and write nothing', { short: 'n' }),
  haCf: text('file', 'The ha.cf'),
  haresources: text('file', 'The haresources'),
  authkeys: text('file', 'The authkeys; only its method is looked at'),
  pair: text('name', 'A pair that the configuration describes (failover:), in place of files'),
  cib: text('file', 'A cib.xml of Heartbeat 2 or of an old Pacemaker, in place of haresources'),
  powerman: text('file', 'A powerman.conf whose plugs the nodes hang on, for a fence device of PowerMan'),
  address: list('node=address,…', 'Addresses of a node, one for each link'),
  nid: list('node=nid,…', 'LNet names of a node, for the command lines of Lustre targets'),
  peer: text('folder-or-host', 'The other node, or the root of its system, where services have to be the same'),
  systemd: list('name', 'This script of haresources is a unit of systemd'),
  ocf: list(
    'name',
    'This script of init.d is to be run by the agent that there is for it, known to be the same or not',
  ),
  lsb: list('name', 'This script of init.d is kept, whatever agent there is for it'),
  clusterName: text('name', 'Name of the new cluster'),
  token: whole('ms', 'Token of corosync, in place of what follows from deadtime', { min: 500 }),
  survivor: text('node', 'The node that lives on when both shoot at each other'),
  startAlone: flag('A node that boots alone fences its peer and starts everything'),
  lustreAgent: choice(['filesystem', 'lustre'], 'Agent for Lustre targets', {
    fallback: 'filesystem',
    placeholder: 'agent',
  }),
} as const;

type Options = OptionValues<typeof OPTIONS>;

/** Only its owner may read what holds passwords; corosync wants its key read-only. */
const MODES = { 'corosync.conf': 0o644, authkey: 0o400, 'cib.xml': 0o600 } as const;

export const command = defineCommand({
  description:
    'Makes a configuration for Pacemaker and corosync of one for Heartbeat: groups with the same order and preferred ' +
    'nodes, auto_failback as stickiness, pings, times, and STONITH as fence devices. A service of init.d becomes an OCF agent ' +
    'where the configuration of a host, or of a system in a folder, tells that it is the same. Every decision is told with its ' +
    'place and reason, and what has no equivalent is named with what to do instead; nothing is dropped in silence, and ' +
    'fencing is never turned off. Nothing is applied: what is written are files, whole or not at all. The key of corosync ' +
    'is new. A cib.xml is upgraded. With --nid, command lines for mkfs.lustre and tunefs.lustre are printed, and not run. ' +
    'Exit code 3 when something is left to be done by hand.',
  examples: [
    { line: 'ha import /etc/ha.d --dry-run', does: 'see what would become of the files of this machine' },
    {
      line: 'ha import oss01 --to /root/new --address oss01=10.0.0.1,10.1.0.1 --address oss02=10.0.0.2,10.1.0.2',
      does: 'take the files of a host, with two links',
    },
    { line: 'ha import oss01 --peer oss02 --dry-run', does: 'compare the services of both nodes' },
    { line: 'ha import --pair oss --to /root/new', does: 'make what the configuration describes' },
    { line: 'ha import --cib old.xml --to /root/new', does: 'upgrade a configuration in XML' },
  ],
  arguments: [{ usage: '[folder-or-host]', description: 'Folder of the files, root of a system, or a host' }],
  options: OPTIONS,
  async run(context, [from], options) {
    if (options.to === undefined && !options.dryRun)
      throw new AppError('usage', { detail: 'it is not said where to', hint: 'Give --to FOLDER, or --dry-run.' });
    const told = await importFrom(context, from, options);
    const files: NewFile[] = told.files.map(({ name, content }) => ({ name, content, mode: MODES[name] }));
    if (options.dryRun) for (const { name, content } of told.files) showNew(context, name, content);
    else await createFolder(options.to!, files);
    conclude(context, told, { files, to: options.dryRun ? undefined : options.to });
    return told.unmapped.length > 0 ? 'incomplete' : undefined;
  },
});

async function importFrom(context: Context, from: string | undefined, options: Options): Promise<Made> {
  if (options.pair !== undefined) {
    if ([from, options.haCf, options.haresources, options.cib].some((each) => each !== undefined))
      throw new AppError('usage', { detail: '--pair goes with no files or host', hint: 'Give one or the other.' });
    if ([...options.systemd, ...options.ocf, ...options.lsb, options.peer].some((each) => each !== undefined))
      throw new AppError('usage', {
        detail: '--systemd, --ocf, --lsb and --peer are of files, and go with no --pair',
        hint: 'Name the agent itself under resources.',
      });
    return madeOf(context, await planOfPair(context, options.pair), options);
  }
  const source = await readSource(context, { from, ...options });
  return source.cib === undefined ? importFiles(context, source, options) : await upgrade(context, source, options);
}

interface Made extends Told {
  files: { name: keyof typeof MODES; content: string | Uint8Array }[];
}

function importFiles(context: Context, source: Source, options: Options): Made {
  const { cf, haresources } = source;
  if (cf === undefined || haresources === undefined)
    throw new AppError('config', {
      detail: `there is no ${cf === undefined ? 'ha.cf' : 'haresources'} to import`,
      hint: 'Give the folder of both, a host, or --ha-cf and --haresources.',
    });
  return madeOf(context, imports.planImport({ cf, haresources, ...inputOf(source, options) }), options);
}

function madeOf(context: Context, plan: imports.ImportPlan, options: Options): Made {
  showDecisions(context, plan);
  showGroups(context, plan.groups);
  const nids = pairsOf(options.nid, '--nid');
  if (Object.keys(nids).length > 0) showLustre(context, lustre.lustreCommandsOf(lustre.lustreTargetsOf(plan), nids));
  const { corosyncConf, cibXml } = imports.documentsOf(plan);
  return { ...plan, files: [...membershipFiles(corosyncConf), { name: 'cib.xml', content: cibXml }] };
}

async function upgrade(context: Context, source: Source, options: Options): Promise<Made> {
  const { text: old, file } = source.cib!;
  const { services } = source;
  const scripts = askedKinds(options, source);
  const tools = { processes: systemProcesses, scratch: scratchFile, signal: context.signal, services, scripts };
  const upgraded = await imports.upgradeCib(old, file, tools);
  const cib = { name: 'cib.xml', content: upgraded.cibXml } as const;
  if (upgraded.verified === undefined)
    context.output.warn(
      'crm_verify is not here: verify cib.xml on a node before it is used (crm_verify -V --xml-file)',
    );
  const { cf } = source;
  const membership = cf === undefined ? undefined : imports.planCorosync({ cf, ...inputOf(source, options) });
  const told = {
    explanations: [...(membership?.explanations ?? []), ...upgraded.explanations],
    unmapped: [...(membership?.unmapped ?? []), ...upgraded.unmapped],
  };
  showDecisions(context, told);
  if (membership === undefined) {
    context.output.note('Without an ha.cf there is no corosync.conf: give --ha-cf for one.');
    return { ...told, files: [cib] };
  }
  return { ...told, files: [...membershipFiles(imports.corosyncText(membership.corosync)), cib] };
}

function inputOf(source: Source, options: Options): Omit<imports.ImportInput, 'cf' | 'haresources'> {
  const { authkeys, scripts, services, resolved, configTexts } = source;
  const { clusterName, token, survivor, startAlone, lustreAgent } = options;
  return {
    authkeys,
    resolved,
    configText: (file) => configTexts.get(file),
    ...(options.powerman === undefined ? {} : { powerman: readPowerman(options.powerman) }),
    scripts: { ...scripts, ...askedKinds(options, source) },
    services,
    addresses: pairsOf(options.address, '--address'),
    options: {
      startsAlone: startAlone,
      lustreAgent,
      ...(clusterName === undefined ? {} : { clusterName }),
      ...(token === undefined ? {} : { tokenMs: token }),
      ...(survivor === undefined ? {} : { survivor }),
    },
  };
}

/** @throws {AppError} `usage` when a script is to be two things, or is not there */
function askedKinds({ systemd, ocf, lsb }: Options, source: Source): Record<string, imports.ScriptKind> {
  const asked = new Map<string, imports.ScriptKind>();
  const there = bareScripts(source);
  for (const [kind, names] of Object.entries({ systemd, ocf, lsb } as const))
    for (const name of names) {
      const other = asked.get(name);
      if (other !== undefined && other !== kind)
        throw new AppError('usage', {
          detail: `${name} is named by --${other} and by --${kind}`,
          hint: 'Name it by one of them.',
        });
      asked.set(name, kind as imports.ScriptKind);
    }
  for (const [name, kind] of asked)
    if (!there.includes(name))
      throw new AppError('usage', {
        detail: `--${kind} ${name}: there is no such script of init.d, without parameters, in what is imported`,
        hint: suggestion(name, there) ?? 'Name a script as it is written there.',
      });
  return Object.fromEntries(asked);
}

function membershipFiles(corosyncConf: string): Made['files'] {
  return [
    { name: 'corosync.conf', content: corosyncConf },
    { name: 'authkey', content: corosync.newAuthkey(systemRandom) },
  ];
}

/** `oss01=10.0.0.1,10.1.0.1`; a node given twice has all of them. */
function pairsOf(texts: readonly string[], name: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const each of texts) {
    const at = each.indexOf('=');
    const values = each
      .slice(at + 1)
      .split(',')
      .filter((value) => value !== '');
    if (at < 1 || values.length === 0)
      throw new AppError('usage', { detail: `${name} ${each}: write ${name} NODE=VALUE,VALUE`, hint: '' });
    const node = each.slice(0, at).toLowerCase();
    found[node] = [...(found[node] ?? []), ...values];
  }
  return found;
}

function showNew(context: Context, name: string, content: string | Uint8Array): void {
  if (typeof content !== 'string') showFile(context, name, `${content.length} random bytes, new with each import`);
  else showFile(context, name, name === 'cib.xml' ? imports.withoutSecrets(content) : content);
}

function conclude(
  { output }: Context,
  { explanations, unmapped }: Told,
  { files, to }: { files: readonly NewFile[]; to: string | undefined },
): void {
  for (const { name, mode } of files)
    output.record('file', { name, mode: mode.toString(8), written: to !== undefined });
  output.line();
  if (to === undefined) output.line('Dry run: nothing was written.');
  else output.line(printable(`Written to ${to}: ${files.map(({ name }) => name).join(', ')}. Nothing was applied.`));
  if (unmapped.length > 0)
    output.warn(`${counted(unmapped.length, 'thing')} to be done by hand before this cluster is whole; see above`);
  output.summary({ decisions: explanations.length, unmapped: unmapped.length, to: to ?? null });
}
