/** Nodes of Pacemaker against each other: corosync.conf, its key, the CIB, and what their systems do beside. */
import { hasCode } from '../../base/errors.ts';
import { cib, corosync, type Finding } from '../../cluster.ts';
import { checkCib } from './cib.ts';
import type { CibRemark } from './cib-checked.ts';
import { topOf } from './facts.ts';
import { filesystemsOf } from './gather-pacemaker.ts';
import type { Found, LintNode, PacemakerFacts } from './model.ts';
import { checkKeys } from './pacemaker-keys.ts';
import { fstabMountsOf } from './storage.ts';

export type PacemakerNode = LintNode & { pacemaker: PacemakerFacts };
type Read = Found<string> & { kind: 'read' };

/** Whether it has a Pacemaker to be looked at: beside a Heartbeat, one that was installed and never started is none. */
export function isPacemaker(node: LintNode): node is PacemakerNode {
  return node.pacemaker !== undefined && (node.haCf.kind !== 'read' || node.pacemaker.cib.kind !== 'absent');
}

/** Whether it is looked at as a node of Heartbeat: a host that has only the files of Pacemaker is none. */
export function isHeartbeat(node: LintNode): boolean {
  return !isPacemaker(node) || node.haCf.kind === 'read' || node.haCf.kind === 'unreadable';
}

/** Everything wrong, unsafe or not examined; pure. */
export function checkPacemaker(nodes: readonly PacemakerNode[]): Finding[] {
  if (nodes.length === 0) return [];
  const settings = settingsOf(nodes);
  return [
    ...checkFiles(nodes),
    ...checkKeys(nodes, settings),
    ...checkNames(nodes, settings),
    ...checkCibs(nodes, settings),
    ...checkSystems(nodes),
    ...notExamined(nodes),
  ];
}

function settingsOf(nodes: readonly PacemakerNode[]): corosync.CorosyncSettings | undefined {
  const [first] = confsOf(nodes);
  return first === undefined ? undefined : corosync.settingsOf(corosync.parseCorosync(first.content, first.path));
}

function confsOf(nodes: readonly PacemakerNode[]): Read[] {
  return nodes.map((node) => node.pacemaker.corosyncConf).filter((found) => found.kind === 'read');
}

/** Each different file is checked once, and each against the first. A line may hold a key: none is shown. */
function checkFiles(nodes: readonly PacemakerNode[]): CibRemark[] {
  const [first, ...others] = confsOf(nodes);
  const missing = nodes.flatMap(({ pacemaker: { corosyncConf: found, isSystem } }): CibRemark[] => {
    if (found.kind === 'read' || found.kind === 'unknown' || (found.kind === 'absent' && !isSystem)) return [];
    return [
      {
        code: 'file-absent',
        level: 'error',
        place: topOf(found.path),
        text:
          found.kind === 'absent'
            ? 'is not there: corosync does not start'
            : `cannot be read (${found.why}), and was not checked`,
        remedy: found.kind === 'absent' ? 'Copy it from the other node.' : 'Run this as root.',
      },
    ];
  });
  if (first === undefined) return missing;
  const different = others.filter(({ content }) => content !== first.content);
  const kinds = new Map([first, ...different].map((found) => [found.content, found]));
  return [
    ...missing,
    ...[...kinds.values()].flatMap(({ content, path }) =>
      corosync.checkCorosync(corosync.parseCorosync(content, path)),
    ),
    ...different.map((found) => differs(first, found)),
  ];
}

function differs(first: Read, found: Read): CibRemark {
  const [a, b] = [first.content.split('\n'), found.content.split('\n')];
  const at = a.findIndex((line, index) => line !== b[index]);
  const line = (at < 0 ? a.length : at) + 1;
  return {
    code: 'files-differ',
    level: 'error',
    place: { file: found.path, line, column: 1 },
    text: `differs from ${first.path} from line ${line} on`,
    remedy: 'Copy the right one to all nodes, and load it: corosync-cfgtool -R',
  };
}

function checkNames(nodes: readonly PacemakerNode[], settings: corosync.CorosyncSettings | undefined): CibRemark[] {
  const named = settings?.nodes.flatMap(({ name }) => name ?? []) ?? [];
  if (settings === undefined || named.length === 0 || named.length < settings.nodes.length) return [];
  const place = topOf(confsOf(nodes)[0]!.path);
  const seen = nodes.flatMap(({ hostName, name }) => [hostName, name]);
  const missing = named.filter((name) => !seen.includes(name));
  const strangers = nodes.filter(({ hostName }) => hostName !== undefined && !named.includes(hostName));
  const isNameless = nodes.some(({ hostName }) => hostName === undefined);
  return [
    ...strangers.map(
      ({ name, hostName, pacemaker }): CibRemark => ({
        code: 'node-name',
        level: 'warning',
        place: topOf(pacemaker.corosyncConf.path),
        text: `${name} calls itself ${hostName} (uname -n), and nodelist has no such name: orders by name may go astray`,
        remedy: 'Give the node in nodelist the name that uname -n prints.',
      }),
    ),
    ...(missing.length === 0 || isNameless || strangers.length > 0
      ? []
      : [
          {
            code: 'node-unexamined',
            level: 'note' as const,
            place,
            text: `not examined: ${missing.join(', ')}; whether the files are the same there is not known`,
            remedy: 'Give all nodes: holdfast ha lint NODE NODE',
          },
        ]),
  ];
}

/** The newest of a running cluster, else the newest file; the others are compared with it. */
function checkCibs(nodes: readonly PacemakerNode[], settings: corosync.CorosyncSettings | undefined): CibRemark[] {
  const read = nodes.flatMap(({ name, pacemaker: { cib: found, isLive, atMs } }) =>
    found.kind === 'read' ? [{ name, found, isLive, atMs, version: versionOf(found) }] : [],
  );
  const live = read.filter(({ isLive }) => isLive);
  const [newest] = (live.length > 0 ? live : read).toSorted((a, b) => b.version.value - a.version.value);
  if (newest === undefined) return [];
  const names = settings?.nodes.flatMap(({ name }) => name ?? []);
  const members = names !== undefined && names.length === settings?.nodes.length ? names : undefined;
  const devices = new Map(nodes.flatMap(({ pacemaker }) => [...pacemaker.devices]));
  const { found, atMs } = newest;
  const others = live.filter(({ version }) => version.text !== newest.version.text);
  return [
    ...checkCib(found.content, found.path, { nowMs: atMs, members, devices }),
    ...others.map(
      ({ name, version }): CibRemark => ({
        code: 'cib-differ',
        level: 'error',
        place: topOf(found.path),
        text: `${name} has version ${version.text} of it, and ${newest.name} ${newest.version.text}: they do not hear each other`,
        remedy: `See what each says: holdfast ha status ${newest.name} ${name}`,
      }),
    ),
  ];
}

/** Changes of the status alone are not counted: nodes are never asked in the same instant. Nothing for what cannot be read. */
function versionOf({ content, path }: Read): { text: string; value: number } {
  try {
    const { adminEpoch, epoch } = cib.epochOf(cib.parseXml(content, path));
    return { text: `${adminEpoch}.${epoch}`, value: adminEpoch * 2 ** 32 + epoch };
  } catch (error) {
    if (!hasCode(error, 'config')) throw error;
    return { text: 'none', value: 0 };
  }
}

/** What the system of a node does that is the cluster's to do. */
function checkSystems(nodes: readonly PacemakerNode[]): CibRemark[] {
  const mounts = nodes.flatMap(({ pacemaker }) => filesystemsOf(pacemaker.cib));
  const own = mounts.map(({ device, mountpoint }) => ({ device, directory: mountpoint }));
  const both = nodes.filter(
    ({ bootServices, haCf }) =>
      // Without ha.cf its start fails, and only the package is there.
      haCf.kind === 'read' &&
      bootServices?.has('heartbeat') &&
      (bootServices.has('pacemaker') || bootServices.has('corosync')),
  );
  return [
    ...fstabMountsOf(own, nodes).map((remark) => ({ code: 'fstab-mount', ...remark })),
    ...both.map(
      ({ name, haCf }): CibRemark => ({
        code: 'two-clusters',
        level: 'error',
        place: topOf(haCf.path),
        text: `Heartbeat and Pacemaker both start at boot on ${name}: each would start the same resources`,
        remedy: 'Switch one off: systemctl disable heartbeat, or chkconfig heartbeat off',
      }),
    ),
  ];
}

function notExamined(nodes: readonly PacemakerNode[]): CibRemark[] {
  return nodes.flatMap(({ name, fstab, pacemaker: { cib: found, authkey, corosyncConf, deviceFailures } }) => {
    const missing = [
      ...(found.kind === 'read' ? [] : ['the CIB']),
      ...(authkey.kind === 'unreadable' ? [`authkey (${authkey.why})`] : []),
      ...(fstab.kind === 'unreadable' ? ['fstab'] : []),
      ...[...deviceFailures].map(([device, why]) => `${device} (${why})`),
    ];
    if (missing.length === 0) return [];
    return [
      {
        code: 'not-examined',
        level: 'note' as const,
        place: topOf(corosyncConf.path),
        text: `not examined for ${name}: ${missing.join(', ')}`,
        remedy: 'Run this as root, on a host that has the cluster.',
      },
    ];
  });
}
