import { AppError, hasCode } from '../base/errors.ts';
import { inspect, type LoadedConfig } from '../config.ts';
import type { Context } from './context.ts';
import { flag } from './options.ts';
import { defineCommand } from './spec.ts';
import { counted, printable } from './text.ts';

export const command = defineCommand({
  description:
    'Checks the configuration and all it includes, addresses of vaults among it. Problems are printed with file, line and ' +
    'column, and end with exit code 2. Then it looks whether paths, programs and hosts are there and secrets can be read, for which it runs the ' +
    'commands of secrets, and warns of what will be regretted: retention that does not outlast a long weekend, no vault ' +
    'off-site, nobody who is told. With --json problems are lines of type problem.',
  examples: [
    { line: 'config check', does: 'check /etc/holdfast/holdfast.yaml' },
    { line: '-c ./holdfast.yaml config check --text-only', does: 'check a file that is meant for another machine' },
    { line: 'config check --strict', does: 'end with exit code 1 when there are warnings' },
  ],
  options: {
    strict: flag('Warnings are failures'),
    textOnly: flag('Do not look at this machine: no paths, secrets, programs and hosts'),
  },
  async run(context, _args, { strict, textOnly }) {
    const { output, environment, configFile, clock } = context;
    const read = await inspect.readConfig({ file: configFile, environment });
    if ('problems' in read) throw showProblems(context, read.problems);
    const unreachable = await addressProblems(read);
    if (unreachable.length > 0) throw showProblems(context, unreachable);
    const warnings = inspect.warningsOf(read.config, clock.nowMs());
    if (!textOnly) {
      const { systemProcesses } = await import('../host.ts');
      const world = { environment, processes: systemProcesses, signal: context.signal };
      warnings.push(...(await inspect.checkMachine(read, world)));
    }
    for (const warning of warnings) showWarning(context, warning, read);
    output.line(`${printable(read.sources[0]!)}: ${contentsOf(read)}; ${counted(warnings.length, 'warning')}`);
    if (strict && warnings.length > 0)
      throw new AppError('failed', { detail: `the configuration has ${counted(warnings.length, 'warning')}` });
    output.summary({ sources: read.sources, problems: 0, warnings: warnings.length });
    return undefined;
  },
});

/** Vaults where there is no storage to open: no run on them could ever succeed, whatever the machine. */
async function addressProblems({ config, positions }: LoadedConfig): Promise<inspect.Problem[]> {
  const { openStorage } = await import('../storage.ts');
  const problems: inspect.Problem[] = [];
  for (const [name, { url }] of Object.entries(config.vaults)) {
    const path = ['vaults', name, 'url'];
    try {
      await openStorage(url).close();
    } catch (error) {
      if (!hasCode(error, 'config')) throw error;
      const text = `${error.message.replace(/^wrong configuration: /, '')}. ${error.hint}`;
      problems.push({ place: positions(path), path, text });
    }
  }
  return problems;
}

function showProblems({ output, configFile }: Context, problems: readonly inspect.Problem[]): AppError {
  for (const problem of problems) {
    const { place, path, text } = problem;
    output.line(printable(inspect.textOfProblem(problem)));
    output.record('problem', { ...place, path: inspect.textOfPath(path), message: text });
  }
  const detail = `${counted(problems.length, 'problem')} in ${configFile}`;
  return new AppError('config', {
    detail,
    hint: 'See the lines above; all keys are in docs/reference/configuration.md.',
  });
}

function showWarning({ output }: Context, { path, text }: inspect.Warning, { positions }: LoadedConfig): void {
  const place = positions(path);
  output.warn(inspect.textOfProblem({ place, path, text }), { ...place, path: inspect.textOfPath(path) });
}

function contentsOf({ config: { plans, vaults, shelves } }: LoadedConfig): string {
  const count = (group: object): number => Object.keys(group).length;
  const held = count(shelves);
  const parts = [counted(count(plans), 'plan'), counted(count(vaults), 'vault')];
  return [...parts, ...(held === 0 ? [] : [held === 1 ? '1 shelf' : `${held} shelves`])].join(', ');
}
