/** The files themselves: there, readable, understood, and the same everywhere. */
import { heartbeat, type Place, type SyntaxProblem } from '../../cluster.ts';
import { ownMountsOf, topOf } from './facts.ts';
import type { Configuration, Facts, Found, LintNode, Remark } from './model.ts';

export function nodeUnreachable({ nodes }: Facts): Remark[] {
  return nodes.flatMap(({ name, unreachable }) =>
    unreachable === undefined
      ? []
      : [
          {
            level: 'error' as const,
            place: topOf(name),
            text: `${name} was not examined: ${unreachable}`,
            remedy: 'Mend the connection and try again; what is wrong there is not known.',
          },
        ],
  );
}

export function fileAbsent({ nodes }: Facts): Remark[] {
  return nodes.flatMap((node) => {
    const needed = [node.haCf, ...(isManaged(node.haCf) ? [] : [node.haresources]), node.authkeys];
    return needed.flatMap((found): Remark[] => {
      if (found.kind === 'read' || found.kind === 'unknown') return [];
      const isAbsent = found.kind === 'absent';
      return [
        {
          level: 'error',
          place: topOf(found.path),
          text: isAbsent
            ? 'is not there: Heartbeat does not start'
            : `cannot be read (${found.why}), and was not checked`,
          remedy: isAbsent ? 'Copy it from the other node.' : found.remedy,
        },
      ];
    });
  });
}

export function haCfSyntax({ cf }: Configuration): Remark[] {
  return cf.problems.map(asError);
}

export function haresourcesSyntax({ haresources, settings }: Configuration): Remark[] {
  if (haresources === undefined) return [];
  const { file, groups, problems } = haresources;
  const isUnused = settings.crm !== undefined && settings.crm !== 'off';
  if (groups.length > 0 || isUnused) return problems.map(asError);
  return [
    ...problems.map(asError),
    {
      level: 'error',
      place: topOf(file),
      text: 'there is no group in it: Heartbeat starts nothing, and nothing is taken over',
      remedy: 'Write a line for each group: NODE RESOURCE…; or copy the file from the other node.',
    },
  ];
}

export function authkeysSyntax({ authkeys }: Configuration): Remark[] {
  return (authkeys?.problems ?? []).map(asError);
}

/** Each node against the first that has the file. Lines that may hold a secret are named, never shown. */
export function filesDiffer({ nodes }: Facts): Remark[] {
  const kinds: readonly Compared[] = [
    { of: (node) => mapped(node.haCf, (text) => text), isSame: sameDirectives, shown: shownDirective },
    { of: (node) => mapped(node.haresources, (text) => text), isSame: sameGroups, shown: shownGroup },
    { of: (node) => mapped(node.authkeys, heartbeat.formatAuthkeys), isSame: () => false, shown: () => undefined },
  ];
  return kinds.flatMap((kind) => {
    const [first, ...others] = nodes.flatMap((node) => kind.of(node) ?? []);
    return others.flatMap((other) => differences(first!, other, kind));
  });
}

/** What no check could look at. Silence about it would look like being right. */
export function notExamined({ nodes, configurations }: Facts): Remark[] {
  return nodes.flatMap((node): Remark[] => {
    if (node.unreachable !== undefined) return [];
    const groups = configurations.find((each) => each.nodes.includes(node))?.groups ?? [];
    const devices = ownMountsOf(groups);
    const isSeen = ({ device }: { device: string }): boolean => node.mmp?.has(device) === true;
    const missing = [
      ...(node.hostName === undefined ? ['uname -n'] : []),
      ...(['haCf', 'haresources', 'authkeys'] as const).filter((key) => node[key].kind === 'unknown').map(fileName),
      ...(node.fstab.kind === 'read' ? [] : ['fstab']),
      ...(node.mdadmConf.kind === 'unknown' || node.mdadmConf.kind === 'unreadable' ? ['mdadm.conf'] : []),
      ...(node.scripts === undefined ? ['resource scripts'] : []),
      ...(node.bootServices === undefined ? ['services at boot'] : []),
      ...devices
        .filter((mount) => !isSeen(mount))
        .map(({ device }) => {
          const why = node.mmpFailures?.get(device);
          return `multiple-mount protection of ${device}${why === undefined ? '' : ` (${why})`}`;
        }),
    ];
    if (missing.length === 0) return [];
    return [
      {
        level: 'note',
        place: topOf(node.haCf.path),
        text: `not examined for ${node.name}: ${missing.join(', ')}`,
        remedy: 'Give the name of the host, or run this there as root: holdfast ha lint /',
      },
    ];
  });
}

interface Text {
  path: string;
  text: string;
}

interface Compared {
  of: (node: LintNode) => Text | undefined;
  /** Whether two texts mean the same. */
  isSame: (a: string, b: string) => boolean;
  /** A line as it may be shown; undefined when it must not be. */
  shown: (line: string) => string | undefined;
}

function differences(first: Text, other: Text, { isSame, shown }: Compared): Remark[] {
  if (first.text === other.text) return [];
  const [a, b] = [first.text.split('\n'), other.text.split('\n')];
  const at = a.findIndex((line, index) => line !== b[index]);
  const line = at < 0 ? a.length : at;
  const isAlike = isSame(first.text, other.text);
  const place: Place = { file: other.path, line: line + 1, column: 1 };
  const [there, here] = [a[line], b[line]].map((text) => shown(text ?? ''));
  const what = there === undefined || here === undefined ? '' : `: ${here}, there ${there}`;
  return [
    {
      level: isAlike ? 'note' : 'error',
      place,
      text: `differs from ${first.path} from line ${line + 1} on${what}${isAlike ? ' (it means the same)' : ''}`,
      remedy: 'Copy the right one to all nodes: they must be identical.',
    },
  ];
}

/** A comment may be an earlier fence device, an unknown word a misspelt one. */
function shownDirective(line: string): string | undefined {
  const [directive] = heartbeat.directivesOf(heartbeat.parseHaCf(line));
  if (directive === undefined) return undefined;
  const { name, args } = directive;
  const isOpen = heartbeat.DIRECTIVE_NAMES.includes(name) && !['stonith', 'stonith_host', 'env'].includes(name);
  return isOpen ? `"${[name, ...args].join(' ')}"` : undefined;
}

function shownGroup(line: string): string | undefined {
  const [group] = heartbeat.parseHaresources(line).groups;
  return group && `"${[group.node, ...group.resources.map(heartbeat.formatResource)].join(' ')}"`;
}

function sameDirectives(a: string, b: string): boolean {
  const meaning = (text: string): string =>
    JSON.stringify(heartbeat.directivesOf(heartbeat.parseHaCf(text)).map(({ name, args }) => [name, args]));
  return meaning(a) === meaning(b);
}

function sameGroups(a: string, b: string): boolean {
  const meaning = (text: string): string =>
    JSON.stringify(
      heartbeat
        .parseHaresources(text)
        .groups.map(({ node, resources }) => [node, resources.map(heartbeat.formatResource)]),
    );
  return meaning(a) === meaning(b);
}

function mapped<T>(found: Found<T>, toText: (content: T) => string): Text | undefined {
  return found.kind === 'read' ? { path: found.path, text: toText(found.content) } : undefined;
}

/** A cluster resource manager does without haresources. */
function isManaged(haCf: Found<string>): boolean {
  const { crm } = heartbeat.settingsOf(heartbeat.parseHaCf(haCf.kind === 'read' ? haCf.content : ''));
  return crm !== undefined && crm !== 'off';
}

function fileName(key: 'haCf' | 'haresources' | 'authkeys'): string {
  return key === 'haCf' ? 'ha.cf' : key;
}

function asError({ place, text, remedy }: SyntaxProblem): Remark {
  return { level: 'error', place, text, remedy };
}
