import { AppError } from '../base/errors.ts';
import { inspect, loadConfig } from '../config.ts';
import { defineCommand } from './spec.ts';
import { printable } from './text.ts';

export const command = defineCommand({
  description:
    'Prints the configuration as it holds: includes and variables put in, every default filled in, secrets hidden. ' +
    'A path such as plans.nightly shows only that. With --json it is one line of type config.',
  examples: [
    { line: 'config show', does: 'see everything that holds' },
    { line: 'config show plans.nightly.retention', does: 'see one part' },
    { line: 'config show --json', does: 'hand it to a program' },
  ],
  arguments: [{ usage: '[path]', description: 'Keys with dots between them, list items as [0]' }],
  async run({ output, environment, configFile }, [given = '']) {
    const { tree, sources } = await loadConfig({ file: configFile, environment });
    const path = inspect.pathOf(given);
    const value = inspect.valueAt(inspect.effective(tree), path);
    if (value === undefined)
      throw new AppError('usage', {
        detail: `there is nothing at ${given} in the configuration`,
        hint: 'See: holdfast config show',
      });
    const { stringify } = await import('yaml');
    for (const line of stringify(value, { lineWidth: 0 }).trimEnd().split('\n')) output.line(printable(line));
    output.record('config', { path: given, value });
    output.summary({ sources });
    return undefined;
  },
});
