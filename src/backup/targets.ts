/** Which entries a snapshot begins with: the targets given, and the directories on the way to them. */
import { AppError } from '../base/errors.ts';

/** A directory of the snapshot above the targets, or a target itself. */
export interface TargetNode {
  /** Raw name in the snapshot. */
  name: string;
  /** Absolute raw path of what is captured under it. */
  path: string;
  isTarget: boolean;
  children: Map<string, TargetNode>;
}

/**
 * Absolute targets keep their whole path; relative ones begin at their first component, as restic has it, and those that
 * climb out of the working directory are taken as absolute. A target inside another one is part of that.
 * Paths are raw; `workingDirectory` is absolute. @throws {AppError} `source-missing` without any target.
 */
export function planTargets(targets: readonly string[], workingDirectory: string): TargetNode {
  if (targets.length === 0) throw new AppError('source-missing', { detail: 'no path was given' });
  const root: TargetNode = { name: '', path: '/', isTarget: false, children: new Map() };
  for (const target of targets) {
    const absolute = clean(target.startsWith('/') ? target : `${workingDirectory}/${target}`);
    const isBelow = !target.startsWith('/') && isInside(absolute, workingDirectory);
    const base = isBelow ? clean(workingDirectory) : '/';
    add(root, base, absolute);
  }
  return root;
}

/** Absolute, without empty, `.` and `..` components. */
export function clean(path: string): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}

function isInside(path: string, directory: string): boolean {
  const base = clean(directory);
  return path === base || path.startsWith(base === '/' ? '/' : `${base}/`);
}

function add(root: TargetNode, base: string, path: string): void {
  let at = root;
  let reached = base;
  const rest = path.slice(base === '/' ? 1 : base.length + 1);
  for (const name of rest.split('/').filter((part) => part !== '')) {
    if (at.isTarget) return;
    reached = reached === '/' ? `/${name}` : `${reached}/${name}`;
    const next = at.children.get(name) ?? { name, path: reached, isTarget: false, children: new Map() };
    if (next.path !== reached) {
      const detail = `${toText(next.path)} and ${toText(reached)} would have the same place in the snapshot`;
      throw new AppError('usage', { detail, hint: 'Give absolute paths.' });
    }
    at.children.set(name, next);
    at = next;
  }
  at.isTarget = true;
  at.path = path;
  at.children.clear();
}

function toText(raw: string): string {
  return Buffer.from(raw, 'latin1').toString();
}
