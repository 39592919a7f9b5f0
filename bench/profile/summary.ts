/** Reads a CPU profile and tells where its thread spent its time. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  /** Microseconds since the sample before. */
  timeDeltas: number[];
}

export interface SelfTime {
  place: string;
  seconds: number;
}

/** Functions by the time spent in themselves, longest first. Native calls count for the function that makes them. */
export function selfTimes(path: string): SelfTime[] {
  const { nodes, samples, timeDeltas } = JSON.parse(repaired(readFileSync(path, 'utf8'))) as Profile;
  const placeById = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const seconds = new Map<string, number>();
  samples.forEach((id, index) => {
    const place = placeById.get(id) ?? '(unknown)';
    // A sample stands for the time up to the next one.
    const share = (timeDeltas[index + 1] ?? 0) / 1e6;
    seconds.set(place, (seconds.get(place) ?? 0) + share);
  });
  return [...seconds].map(([place, spent]) => ({ place, seconds: spent })).sort((a, b) => b.seconds - a.seconds);
}

/** Node names regular expressions after their source and forgets to escape it, as in `\\d`. */
function repaired(json: string): string {
  return json.replaceAll(/\\(.)/g, (pair, next: string) => ('"\\/bfnrtu'.includes(next) ? pair : `\\${pair}`));
}

function placeOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.startsWith('node:') || url.startsWith('wasm:') ? url : shortPath(url);
  return `${name}  ${file}:${lineNumber + 1}`;
}

function shortPath(url: string): string {
  const at = url.lastIndexOf('/src/');
  return at < 0 ? basename(url) : url.slice(at + 1);
}
