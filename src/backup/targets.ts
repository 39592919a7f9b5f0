/** Which entries a snapshot begins with: the targets given, and the directories on the way to them. */
import { AppError } from '../base/errors.ts';

/** A directory of the snapshot above the targets, or a target itself. */
export interface TargetNode {
  /** Raw name in the snapshot. */
  name: string;
  /** Absolute raw path of what is captured under it. */
  path: string;
  isTarget: boolean;
  /** The target as it was given, absolute; its file system is the one to stay on. */
  given: string;
  children: Map<string, TargetNode>;
}

export interface TargetOptions {
  /** Absolute raw path. */
  workingDirectory: string;
  /** A target inside another one may lie on a file system of its own, and is then captured for itself. */
  oneFileSystem: boolean;
  /** Something else is put beside the targets, so what is in a directory is captured entry by entry; not when absent. */
  hasOthers?: boolean;
  /** Raw names in the directory at a path; undefined when it cannot be read. */
  list: (path: string) => readonly string[] | undefined;
}

/**
 * As restic has it: absolute targets keep their whole path; relative ones begin at their first component that is not
 * `..`; `.`, `..` and `/` stand for what is in them; where two places meet under one name, the later one gets a number.
 * Paths are raw. @throws {AppError} `source-missing` without any target.
 */
export function planTargets(targets: readonly string[], options: TargetOptions): TargetNode {
  const [first] = targets;
  if (first === undefined) throw new AppError('source-missing', { detail: 'none of the paths given exists' });
  const root: TargetNode = { name: '', path: '/', isTarget: false, given: '', children: new Map() };
  if (targets.length === 1 && options.hasOthers !== true && split(first).names.length === 0) {
    const path = absolute(first, options.workingDirectory);
    return { ...root, path, isTarget: true, given: path };
  }
  for (const target of targets) for (const each of spread(target, options)) add(root, each);
  for (const child of root.children.values()) settle(child, options);
  return root;
}

/** Absolute, without empty, `.` and `..` components. */
export function clean(path: string): string {
  return `/${split(`/${path}`).names.join('/')}`;
}

/** The target as an absolute path. */
export function absolute(target: string, workingDirectory: string): string {
  return clean(target.startsWith('/') ? target : `${workingDirectory}/${target}`);
}

interface GivenTarget {
  /** Where the names below begin, absolute. */
  base: string;
  names: string[];
  given: string;
}

/** Components of a path that do not cancel out, and how many directories it climbs before them. */
function split(path: string): { climbs: number; names: string[] } {
  const names: string[] = [];
  let climbs = 0;
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') names.push(name);
    else if (names.pop() === undefined) climbs++;
  }
  return { climbs: path.startsWith('/') ? 0 : climbs, names };
}

function spread(target: string, { workingDirectory, list }: TargetOptions): GivenTarget[] {
  const { climbs, names } = split(target);
  const base = target.startsWith('/') ? '/' : clean(`${workingDirectory}${'/..'.repeat(climbs)}`);
  const given = absolute(target, workingDirectory);
  if (names.length > 0) return [{ base, names, given }];
  return (list(base) ?? []).map((name) => ({ base, names: [name], given }));
}

function add(root: TargetNode, { base, names, given }: GivenTarget): void {
  let at = root;
  let path = base;
  for (const name of names) {
    path = path === '/' ? `/${name}` : `${path}/${name}`;
    at = childAt(at, name, path);
  }
  at.isTarget = true;
  at.given = given;
}

/** The child that stands for `path`, under the first of `name`, `name-1`, `name-2`, … that is free or its own. */
function childAt(node: TargetNode, name: string, path: string): TargetNode {
  for (let number = 0; ; number++) {
    const key = number === 0 ? name : `${name}-${number}`;
    const child = node.children.get(key);
    if (child?.path === path) return child;
    if (child !== undefined) continue;
    const made: TargetNode = { name: key, path, isTarget: false, given: '', children: new Map() };
    node.children.set(key, made);
    return made;
  }
}

/** A target inside another one is part of that, unless their file systems count: then the outer one is taken apart. */
function settle(node: TargetNode, options: TargetOptions): void {
  if (node.isTarget && node.children.size > 0) {
    const names = options.oneFileSystem ? options.list(node.path) : undefined;
    if (names === undefined) node.children.clear();
    else takeApart(node, names);
  }
  for (const child of node.children.values()) settle(child, options);
}

function takeApart(node: TargetNode, names: readonly string[]): void {
  node.isTarget = false;
  for (const name of names) {
    const child = childAt(node, name, node.path === '/' ? `/${name}` : `${node.path}/${name}`);
    if (!child.isTarget) child.given = node.given;
    child.isTarget = true;
  }
}
