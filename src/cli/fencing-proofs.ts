/** Tests of fencing of the cluster that a command is about: recorded ones for a verdict, and new ones into the ledger. */
import { join } from 'node:path';
import { AppError } from '../base/errors.ts';
import type { Config } from '../config.ts';
import type { verdict } from '../failover.ts';
import { systemIdentity } from '../host.ts';
import type { Context } from './context.ts';
import { LOCAL } from './ha-mmp-devices.ts';
import { configIfAny } from './named-vault.ts';

/** The name of the cluster in the configuration whose nodes all are nodes of this one; a node stands in one cluster only. */
export function clusterOf({ clusters }: Pick<Config, 'clusters'>, nodes: readonly string[]): string | undefined {
  const own = systemIdentity().hostname;
  const isThere = (node: string): boolean => nodes.includes(node === LOCAL ? own : node);
  return Object.entries(clusters).find((each) => each[1].nodes.every(isThere))?.[0];
}

/** What the ledger knows; nothing, with a warning, where it cannot be read. */
export async function recordedProofs(context: Context, nodes: readonly string[]): Promise<verdict.FencingProof[]> {
  const config = await configIfAny(context);
  const cluster = config === undefined ? undefined : clusterOf(config, nodes);
  if (config === undefined || cluster === undefined) return [];
  try {
    const { openLedger } = await import('../ledger.ts');
    using ledger = await openLedger({ file: join(config.stateDirectory, 'ledger.sqlite'), readOnly: true });
    return ledger.pathProofs(cluster);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    context.output.warn(`tests of fencing that were recorded do not count: ${error.message}`);
    return [];
  }
}

export interface Tested {
  /** Of the cluster that was asked. */
  nodes: readonly string[];
  proofs: readonly verdict.FencingProof[];
  /** All that there are, when all were looked at. */
  ways: readonly Pick<verdict.FencingProof, 'node' | 'by'>[] | undefined;
}

/** Takes down what was proven, where the configuration knows the cluster. @returns its name there */
export async function recordProofs(context: Context, { nodes, proofs, ways }: Tested): Promise<string | undefined> {
  const config = await configIfAny(context);
  const cluster = config === undefined ? undefined : clusterOf(config, nodes);
  if (config === undefined || cluster === undefined) return undefined;
  try {
    const { openLedger } = await import('../ledger.ts');
    using ledger = await openLedger({ directory: config.stateDirectory });
    ledger.savePathProofs(
      cluster,
      proofs.map((proof) => ({ cluster, ...proof })),
      ways,
    );
    return cluster;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    context.output.warn(`what was proven is not recorded: ${error.message}`);
    return undefined;
  }
}
