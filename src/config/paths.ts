/** Relative paths are meant from the folder of the file they stand in; afterwards all are absolute. */
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { path, vaultAddress } from './parts.ts';
import { configSchema } from './schema.ts';
import { type MapTree, plain, type Tree } from './tree.ts';
import { childOf, isA, meant } from './walk.ts';

/** `sftp:…`, `s3:https://…`: a vault that is not at a path. */
const ADDRESS = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** Changes the tree, wherever the schema has a path of this machine. */
export function resolvePaths(tree: MapTree): void {
  resolveIn(configSchema, tree);
}

function resolveIn(schema: z.core.$ZodType, tree: Tree): void {
  if (tree.kind === 'scalar') {
    const { value } = tree;
    if (typeof value !== 'string' || value === '') return;
    const isPath = isA(schema, path) || (isA(schema, vaultAddress) && !ADDRESS.test(value));
    if (isPath) tree.value = resolve(dirname(tree.place.file), value);
    return;
  }
  const branch = meant(schema, plain(tree));
  const children: [string | number, Tree][] =
    tree.kind === 'list' ? [...tree.items.entries()] : [...tree.entries].map(([key, { value }]) => [key, value]);
  for (const [key, child] of children) {
    const below = childOf(branch, key);
    if (below !== undefined) resolveIn(below, child);
  }
}
