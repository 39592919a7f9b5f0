/** The STONITH devices of a Heartbeat pair, each asked by the node that would use it: stonith(8) tells and lists, and shoots nobody. */
import { hasCode, textOf } from '../../base/errors.ts';
import { heartbeatAct, type live, stonith, UNANSWERED } from '../../cluster.ts';
import type { FencingProof } from '../verdict/inputs.ts';
import type { FencingTrial, TrialParts } from './trial.ts';

type Path = Awaited<ReturnType<typeof heartbeatAct.askStonithPaths>>[number];

interface Asked {
  shooter: string;
  /** Undefined when it could not be asked. */
  paths: { by: string; path: Path }[] | undefined;
  why: string;
}

/** @throws the signal's reason */
export async function tryPair(
  { nodes, node }: live.ClusterState,
  { seatOf, options }: TrialParts,
): Promise<FencingTrial> {
  const names = nodes.map(({ name }) => name);
  const atMs = options.clock.nowMs();
  const all = await Promise.all(names.map((name) => askShooter(name, { seatOf, options })));
  const targets = names.map((target) => judgeTarget(target, all, atMs));
  const lines = all.flatMap(({ paths = [] }) => paths).filter(({ path }) => !path.isAnswering);
  return {
    asked: node ?? names[0] ?? '',
    proofs: targets.flatMap(({ proofs }) => proofs),
    ways: all.every(({ paths }) => paths !== undefined)
      ? targets.flatMap(({ proofs }) => proofs.map(({ node: of, by }) => ({ node: of, by })))
      : undefined,
    proven: targets.flatMap(({ proofs }) => proofs).filter(({ isProven }) => isProven).length,
    failed: [...lines.map(({ by, path }) => `${by}: ${path.why}`), ...targets.flatMap(({ failed }) => failed)],
    unproven: all.filter(({ paths }) => paths === undefined).map(({ shooter, why }) => `${shooter}: ${why}`),
    notes: [],
  };
}

async function askShooter(shooter: string, { seatOf, options }: TrialParts): Promise<Asked> {
  try {
    const found = await heartbeatAct.askStonithPaths(seatOf(shooter), shooter, options);
    const paths = found.map((path) => ({ by: `${path.plugin} from ${shooter}`, path }));
    return { shooter, paths, why: '' };
  } catch (error) {
    if (!hasCode(error, ...UNANSWERED)) throw error;
    return { shooter, paths: undefined, why: textOf(error) };
  }
}

interface OfTarget {
  proofs: FencingProof[];
  failed: string[];
}

/** A device that does not answer lists nobody: it counts against each node that it might have been for. */
function judgeTarget(target: string, all: readonly Asked[], atMs: number): OfTarget {
  const others = all.filter(({ shooter }) => shooter !== target);
  const proofs = others.flatMap(({ shooter, paths = [] }) =>
    paths.flatMap(({ by, path }): FencingProof[] => {
      const lists = path.hosts.some((host) => host.toLowerCase() === target.toLowerCase());
      if (path.isAnswering && !lists) return [];
      const text = path.isAnswering ? `answers ${shooter}, and lists ${target}` : path.why;
      const why = path.isAnswering ? stonith.powerlessness(path.plugin) : undefined;
      if (why !== undefined) return [{ node: target, by, isProven: false, atMs, text: why, powerless: why }];
      return [{ node: target, by, isProven: path.isAnswering, atMs, text }];
    }),
  );
  const powerless = proofs.filter((proof) => proof.powerless !== undefined);
  const isSure = others.every(({ paths }) => paths !== undefined);
  const none = proofs.length === 0 && isSure ? [`${target}: no STONITH line is known to fence it`] : [];
  return { proofs, failed: [...none, ...powerless.map(({ text }) => `${target}: ${text}`)] };
}
