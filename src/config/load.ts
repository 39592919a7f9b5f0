import { resolve } from 'node:path';
import { AppError } from '../base/errors.ts';
import { CONFIG_PROBLEMS_MAX } from '../base/limits.ts';
import { explain, wantsOther } from './explain.ts';
import { type ConfigFiles, systemFiles } from './files.ts';
import { gather } from './include.ts';
import { resolvePaths } from './paths.ts';
import { schedulesOf } from './places.ts';
import { inOrder, type Path, type Place, type Problem, textOfPath, textOfProblem } from './problem.ts';
import { referenceProblems } from './references.ts';
import { type Config, configSchema } from './schema.ts';
import { soundPart } from './sound.ts';
import { type Environment, respell } from './substitute.ts';
import { type MapTree, placeOf, plain } from './tree.ts';

export interface LoadRequest {
  /** Relative to the working directory. */
  file: string;
  /** For `${NAME}` in values. */
  environment: Environment;
  /** Those of this machine when absent. */
  files?: ConfigFiles;
}

export interface LoadedConfig {
  /** Paths in it are absolute: relative ones are meant from the folder of the file they stand in. */
  config: Config;
  /** Every file that was read, the main one first; absolute. */
  sources: readonly string[];
  /** Where the value at a path stands; of what is not there, the nearest thing around it. */
  positions(path: Path): Place;
  /** The document as it was written, includes and variables put in. */
  tree: MapTree;
}

/** What was read, or why it is no configuration. */
export type ReadConfig = LoadedConfig | { problems: readonly Problem[]; sources: readonly string[] };

/** @throws {AppError} `config`, whose message has all problems, a line each: `file:line:column: path.to.key: what was expected` */
export async function loadConfig(request: LoadRequest): Promise<LoadedConfig> {
  const read = await readConfig(request);
  if ('config' in read) return read;
  const { problems } = read;
  const lines = problems.slice(0, CONFIG_PROBLEMS_MAX).map(textOfProblem);
  const more = problems.length - lines.length;
  const detail = [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
  throw new AppError('config', { detail, hint: 'Mend it, then try: holdfast config check' });
}

/** As `loadConfig`, with the problems as values. @throws {AppError} `config` when the file cannot be read at all */
export async function readConfig({ file, environment, files = systemFiles }: LoadRequest): Promise<ReadConfig> {
  const { tree, sources, problems } = await gather(resolve(file), { files, environment });
  resolvePaths(tree);
  const positions = (path: Path): Place => placeOf(tree, path);
  const parsed = parse(tree);
  const config = 'config' in parsed ? parsed.config : undefined;
  const wrong = 'config' in parsed ? [] : parsed.problems;
  const unknown = unknownNames([...problems, ...wrong], { config, tree });
  // What was refused already leads to more at the same place.
  const refused = new Set(problems.filter(({ path }) => path.length > 0).map(({ path }) => textOfPath(path)));
  const all = [...problems, ...[...wrong, ...unknown].filter(({ path }) => !refused.has(textOfPath(path)))];
  if (config === undefined || all.length > 0) return { problems: inOrder(all), sources };
  fillTimezones(config);
  return { config, sources, positions, tree };
}

/** As `readConfig`, of a text that is to become `file`; it may include nothing. */
export function readText(text: string, { file, environment }: Omit<LoadRequest, 'files'>): Promise<ReadConfig> {
  const files = { ...systemFiles, read: async () => Buffer.from(text), match: async () => [] };
  return readConfig({ file, environment, files });
}

function parse(tree: MapTree): { config: Config } | { problems: Problem[] } {
  const first = configSchema.safeParse(plain(tree));
  if (first.success) return { config: first.data };
  // Variables are text; where a number is wanted, the number that they spell.
  const again = respell(tree, wantsOther(first.error.issues)) ? configSchema.safeParse(plain(tree)) : first;
  if (again.success) return { config: again.data };
  return { problems: explain(again.error.issues, { schema: configSchema, tree }) };
}

/** Also of a configuration that is wrong, wherever the parts that refer to each other are sound. */
function unknownNames(
  faults: readonly Problem[],
  { config, tree }: { config: Config | undefined; tree: MapTree },
): Problem[] {
  // Names may stand in what could not be read.
  if (faults.some(({ path, unknownKey }) => path[0] === 'include' || (path.length === 0 && unknownKey === undefined)))
    return [];
  const isWhole = config !== undefined && faults.length === 0;
  const sound = isWhole ? { config, isStandIn: () => false } : soundPart(plain(tree), faults);
  return sound === undefined ? [] : referenceProblems(sound, (path) => placeOf(tree, path));
}

function fillTimezones(config: Config): void {
  const { timezone } = config;
  if (timezone === undefined) return;
  for (const { it } of schedulesOf(config)) it.timezone ??= timezone;
  for (const shelf of Object.values(config.shelves)) shelf.timezone ??= timezone;
}
