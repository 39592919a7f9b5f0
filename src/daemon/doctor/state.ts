/** The state directory, without which nothing can be taken down. */
import { access, constants } from 'node:fs/promises';
import { errnoOf, textOf } from '../../base/errors.ts';
import { type Finding, fine, wrong } from './finding.ts';
import { freeBytesAt } from './free-space.ts';
import { judgeStateSpace } from './space.ts';

export async function examineState(directory: string): Promise<Finding[]> {
  try {
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    const remedy = `Make it, writable for the user that runs Holdfast: install -d -m 0750 ${directory}`;
    return [wrong('state', directory, { text: textOf(error), remedy })];
  }
  return [fine('state', directory, 'can be written to'), ...judgeStateSpace(directory, await freeBytesAt(directory))];
}
