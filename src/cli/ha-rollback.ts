import { ACT_OPTIONS } from './ha-act.ts';
import { applyFile } from './ha-act-apply.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Puts a configuration back that ha apply has kept, the newest when none is named, in the same way: differences shown, ' +
    'checked, refused when the CIB changes meanwhile, and what was there kept as well, so that a rollback can be undone by ' +
    'another.',
  examples: [
    { line: 'ha rollback -n', does: 'see what would be undone' },
    { line: 'ha rollback', does: 'undo what ha apply did last' },
  ],
  arguments: [{ usage: '[file]', description: 'A kept CIB; the newest when absent' }],
  options: ACT_OPTIONS,
  run: (context, [file], values) => applyFile(context, values, { action: 'rollback', file, allowsOlder: true }),
});
