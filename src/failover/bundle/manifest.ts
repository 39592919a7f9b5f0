/** The bundle as it is packed: texts without secrets, and the manifest of what is and of what could not be had. */
import type { BundleNode, Missing } from './gather.ts';
import { redact, secretValues } from './redact.ts';

export interface Bundle {
  files: readonly { path: string; text: string }[];
  nodes: readonly { name: string; isReached: boolean; files: number; missing: readonly Missing[] }[];
  /** So many different values were taken out wherever they stood. */
  secretsRemoved: number;
}

const FORMAT = 1;

export function bundleOf(nodes: readonly BundleNode[], { nowMs, version }: { nowMs: number; version: string }): Bundle {
  const values = secretValues(nodes.flatMap(({ files }) => files));
  const told = nodes.map((node) => {
    const folder = folderOf(node.name);
    const done = node.files.map((file) => ({ file, result: redact(file, values) }));
    const leftOut = done.flatMap(({ file, result }): Missing[] =>
      'leftOut' in result ? [{ what: file.name, why: result.leftOut, isAbsent: false, isChosen: false }] : [],
    );
    const kept = done.flatMap(({ file, result }) =>
      'text' in result ? [{ path: `${folder}/${file.name}`, text: result.text, isCut: file.isCut }] : [],
    );
    return { name: node.name, isReached: node.isReached, kept, missing: [...node.missing, ...leftOut] };
  });
  const manifest = {
    format: FORMAT,
    made: new Date(nowMs).toISOString(),
    holdfast: version,
    nodes: told.map(({ name, isReached, kept, missing }) => ({
      name,
      reached: isReached,
      files: kept.map(({ path, text, isCut }) => ({ path, bytes: Buffer.byteLength(text), cut: isCut })),
      missing: missing.filter(({ isAbsent }) => !isAbsent).map(({ what, why }) => ({ what, why })),
      absent: missing.filter(({ isAbsent }) => isAbsent).map(({ what }) => what),
    })),
  };
  return {
    files: [
      { path: 'manifest.json', text: `${JSON.stringify(manifest, null, 2)}\n` },
      ...told.flatMap(({ kept }) => kept.map(({ path, text }) => ({ path, text }))),
    ],
    nodes: told.map(({ name, isReached, kept, missing }) => ({ name, isReached, files: kept.length, missing })),
    secretsRemoved: values.length,
  };
}

/** Names of hosts may be addresses; never anything that leads elsewhere. */
function folderOf(name: string): string {
  return name.replace(/[^\w.-]/g, '_').replace(/^\.+/, '_');
}
