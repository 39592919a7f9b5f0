/** The fence devices of a CIB. */
import type { Cib, Primitive } from '../cib/model.ts';
import { valuesIn } from '../cib/read-parts.ts';
import { everyResource, withTemplates } from '../cib/read-resources.ts';
import { INFINITY_SCORE, isSecretName } from '../cib/values.ts';
import { Secret } from '../stonith/secret.ts';
import type { Fencing, FencingDevice, TargetsBy } from './model.ts';

const CHECKS: readonly string[] = ['static-list', 'dynamic-list', 'status', 'none'] satisfies TargetsBy[];

export function fencingOf(cib: Cib): Fencing {
  const primitives = [...everyResource(withTemplates(cib).resources)].filter((each) => each.kind === 'primitive');
  return { devices: primitives.flatMap((each) => deviceOf(cib, each)), levels: cib.fencingLevels };
}

function deviceOf(cib: Cib, primitive: Primitive): FencingDevice[] {
  const { agent } = primitive;
  if (agent?.standard !== 'stonith') return [];
  const params = valuesIn(primitive.params);
  const meta = valuesIn(primitive.meta);
  const monitor = primitive.operations.find(
    ({ name, intervalMs = 0, isEnabled }) => name === 'monitor' && intervalMs > 0 && isEnabled,
  );
  const plugs = plugsOf(params.get('pcmk_host_map') ?? '');
  const listed = wordsOf(params.get('pcmk_host_list') ?? '');
  const targets = [...new Set([...listed, ...plugs.keys()])];
  const targetsBy = checkOf(params.get('pcmk_host_check'), targets.length > 0);
  return [
    {
      id: primitive.id,
      agent: agent.type,
      targetsBy,
      targets:
        targetsBy === 'static-list' ? targets : targetsBy === 'none' ? cib.nodes.map(({ name }) => name) : undefined,
      plugs,
      params: [...params].map(([name, value]) => ({ name, value: isSecretName(name) ? new Secret(value) : value })),
      barredFrom: barredFrom(cib, primitive.id),
      isDisabled: /^stopped$/i.test(meta.get('target-role') ?? ''),
      monitorIntervalMs: monitor?.intervalMs,
    },
  ];
}

function checkOf(given: string | undefined, isListed: boolean): TargetsBy {
  if (given !== undefined && CHECKS.includes(given)) return given as TargetsBy;
  return isListed ? 'static-list' : 'not said';
}

/** `n1:1,2;n2:3`, with blanks or semicolons between (pacemaker-fenced(7)); a node with several plugs has them all. */
function plugsOf(text: string): Map<string, string> {
  const pairs = text.split(/[;\s]+/).flatMap((pair): [string, string][] => {
    const at = pair.search(/[:=]/);
    return at <= 0 ? [] : [[pair.slice(0, at), pair.slice(at + 1)]];
  });
  return new Map(pairs);
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((word) => word !== '');
}

function barredFrom(cib: Cib, id: string): string[] {
  return cib.constraints.flatMap((each) => {
    if (each.kind !== 'location' || each.resource !== id || each.node === undefined) return [];
    return (each.score ?? 0) <= -INFINITY_SCORE ? [each.node] : [];
  });
}
