/** From the sources of a plan to what a backup reads. */
import type { CapturedStream } from '../backup.ts';
import { AppError } from '../base/errors.ts';
import type { SourceConfig } from '../config.ts';
import type { Processes } from '../host.ts';
import { type SelectionOptions, toRaw } from '../source.ts';
import { type ClusterParts, type OpenedCluster, openCluster } from './cluster-source.ts';

type FilesConfig = Extract<SourceConfig, { files: string[] }>;
type CommandConfig = Extract<SourceConfig, { command: string[] }>;

export interface SourceParts extends ClusterParts {
  processesOf: (host: string) => Processes;
  /** Values for the command's environment, with secrets read. */
  environmentOf: (source: CommandConfig) => Promise<Record<string, string>>;
  /** Content of an exclude file. */
  contentOf: (file: string) => Promise<Uint8Array>;
  /** Values for `$NAME` in exclude files. */
  environment: Readonly<Record<string, string | undefined>>;
}

export interface PlanSources {
  /** Raw absolute paths. */
  targets: string[];
  selection: SelectionOptions;
  streams: CapturedStream[];
  /** What must be there and could not be had: the snapshot lacks it. */
  problems: readonly string[];
}

/**
 * Of files and commands nothing is read yet; clusters are asked.
 * @throws {AppError} `usage`, `secret-missing`, before anything is read; `source-failed` when no node of a cluster answers
 */
export async function openSources(sources: readonly SourceConfig[], parts: SourceParts): Promise<PlanSources> {
  const files = sources.filter((source) => 'files' in source);
  const commands = sources.filter((source) => 'command' in source);
  const [only] = files;
  const clusters: OpenedCluster[] = [];
  for (const source of sources) if ('cluster' in source) clusters.push(await openCluster(source, parts));
  const streams = await Promise.all(
    commands.map(async (source) => {
      const environment = await parts.environmentOf(source);
      // Not begun before its turn comes, and stopped when anything else fails.
      const stream = (signal: AbortSignal): AsyncIterable<Uint8Array> =>
        outputOf(source, environment, { ...parts, signal });
      return { name: source.as, stream };
    }),
  );
  return {
    targets: files.flatMap((source) => source.files).map(toRaw),
    selection: only === undefined ? {} : await selectionOf(only, parts),
    streams: [...streams, ...clusters.flatMap((each) => each.streams)],
    problems: clusters.flatMap((each) => each.problems),
  };
}

async function selectionOf(source: FilesConfig, parts: SourceParts): Promise<SelectionOptions> {
  return {
    excludes: source.exclude,
    iexcludes: source.iexclude,
    excludeFiles: await Promise.all(source.excludeFile.map(parts.contentOf)),
    environment: parts.environment,
    excludeIfPresent: source.excludeIfPresent,
    excludeCaches: source.excludeCaches,
    excludeLargerThanBytes: source.excludeLargerThan,
    oneFileSystem: source.oneFileSystem,
  };
}

/**
 * The output of a command, to be believed only at its end: when the command has succeeded and there was enough of it.
 * @throws (while read) {AppError} `source-failed`, `command-empty`, and what running a program throws
 */
async function* outputOf(
  source: CommandConfig,
  env: Record<string, string>,
  { processesOf, signal }: SourceParts,
): AsyncGenerator<Uint8Array> {
  const [program, ...args] = source.command;
  const { host, timeLimit, minSize } = source;
  const { output, ended } = processesOf(host).stream(program!, args, { env, timeLimitMs: timeLimit, signal });
  let bytes = 0;
  for await (const part of output) {
    bytes += part.length;
    yield part;
  }
  const { exitCode, errorText } = await ended;
  const shown = host === 'local' ? program! : `${program} on ${host}`;
  if (exitCode !== 0) {
    const last = errorText.trim().split('\n').at(-1) ?? '';
    throw new AppError('source-failed', { detail: `${shown} ended with exit code ${exitCode}${last && `: ${last}`}` });
  }
  if (bytes < minSize)
    throw new AppError('command-empty', {
      detail: `${shown} gave ${bytes} bytes where at least ${minSize} are expected`,
    });
}
