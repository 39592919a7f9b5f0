/** The state directory, without which nothing can be taken down. */
import { access, constants, lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, textOf } from '../../base/errors.ts';
import { type Finding, fine, wrong } from './finding.ts';
import { freeBytesAt } from './free-space.ts';
import { judgeStateSpace } from './space.ts';

const { R_OK, W_OK, X_OK } = constants;

/** One that is not there is made by the first run, with all above it that is missing. */
export async function examineState(directory: string): Promise<Finding[]> {
  let nearest = directory;
  try {
    nearest = await nearestThere(directory);
    if (!(await stat(nearest)).isDirectory()) {
      const remedy = 'Move it away, or name another stateDirectory.';
      return [wrong('state', directory, { text: `${nearest} is no directory`, remedy })];
    }
    await access(nearest, nearest === directory ? R_OK | W_OK | X_OK : W_OK | X_OK);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    const remedy = `Make it, writable for the user that runs Holdfast: install -d -m 0700 ${directory}`;
    const words = nearest === directory ? '' : 'is not there, and cannot be made: ';
    return [wrong('state', directory, { text: `${words}${textOf(error)}`, remedy })];
  }
  const text = nearest === directory ? 'can be written to' : `is not there yet; the first run makes it in ${nearest}`;
  return [fine('state', directory, text), ...judgeStateSpace(directory, await freeBytesAt(nearest))];
}

/** The directory itself, or the lowest above it that is there; a link counts, as nothing can be made in its place. */
async function nearestThere(path: string): Promise<string> {
  try {
    await lstat(path);
    return path;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    return nearestThere(dirname(path));
  }
}
