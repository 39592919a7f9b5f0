/** What would not run any more if a node were gone, as the scheduler of the node that is asked sees it. */

import { unclear } from '../pacemaker/machine-xml.ts';
import { type ReadOptions, runTool, type Seat, saidOf } from '../pacemaker/tool.ts';
import type { SimulatedStatus } from '../simulator/model.ts';
import { readSimulation } from '../simulator/read.ts';
import { feeding } from './ask.ts';

/**
 * Ids of resources that are active and would not be.
 * @throws {AppError} `command-missing`, `command-timeout`, `cluster-unclear`
 */
export async function lostWithout(
  seat: Seat,
  { node, cibText }: { node: string; cibText: string },
  options: ReadOptions,
): Promise<string[]> {
  const call = ['crm_simulate', '--xml-pipe', '--simulate', '--output-as=xml', `--node-fail=${node}`] as const;
  const answer = await runTool(feeding(seat, cibText), call, options);
  if (answer.exitCode !== 0) throw unclear(`crm_simulate on ${seat.name}`, `failed: ${saidOf(answer)}`);
  const { before, after } = readSimulation(answer.text);
  const still = activeIn(after);
  return [...activeIn(before)].filter((id) => !still.has(id));
}

/** Instances of a clone end with their node; its others go on. */
function activeIn({ resources }: SimulatedStatus): Set<string> {
  return new Set(resources.flatMap(({ id, role, nodes }) => (role === 'Stopped' || nodes.length === 0 ? [] : [id])));
}
