import { AppError } from '../base/errors.ts';
import { loadConfig } from '../config.ts';
import { type ExaminedFinding, examine } from '../daemon.ts';
import type { Context } from './context.ts';
import { defineCommand } from './spec.ts';
import { counted, printable } from './text.ts';
import { openWorld } from './world.ts';

const SIGNS = { ok: '✔', warning: '!', error: '✘' } as const;

export const command = defineCommand({
  description:
    "Tries everything that tonight's runs need, as they will do it, and says of each thing that would stop them what to do: " +
    'configuration, what begins runs, state directory and ledger, secrets and who can read them, sources, programs, ssh to ' +
    'each host, vaults and their locks, free space against the trend, clocks, and whether notifications would leave. ' +
    'Nothing is changed, and nothing is sent. Exit code 1 when anything would stop a run.',
  examples: [
    { line: 'doctor', does: "what would stop tonight's run" },
    { line: 'doctor --quiet', does: 'only what is wrong or doubtful' },
  ],
  async run(context) {
    const { output, signal, environment, configFile } = context;
    const checked = await loadConfig({ file: configFile, environment });
    await using opened = await openWorld(context, { readOnly: true, isLedgerOptional: true });
    output.note(`✔ configuration ${configFile}: can be read`);
    const found: ExaminedFinding[] = [];
    await examine(opened.world, {
      signal,
      checked,
      onFinding: (finding) => {
        found.push(finding);
        show(context, finding);
      },
    });
    const count = (level: ExaminedFinding['level']): number => found.filter((each) => each.level === level).length;
    const [errors, warnings] = [count('error'), count('warning')];
    output.summary({ checked: found.length, errors, warnings });
    if (errors > 0)
      throw new AppError('failed', {
        detail: `${counted(errors, 'thing')} would stop a run`,
        hint: 'Each line above says what to do.',
      });
    output.line(warnings > 0 ? `Nothing stops a run; ${counted(warnings, 'warning')}.` : 'Nothing stops a run.');
    return undefined;
  },
});

function show({ output }: Context, { area, subject, level, text, remedy }: ExaminedFinding): void {
  const line = `${SIGNS[level]} ${area} ${printable(`${subject}: ${text}`)}`;
  if (level === 'ok') output.note(line);
  else output.line(line);
  if (remedy !== '') output.line(`    ${printable(remedy)}`);
  output.record('finding', { area, subject, level, text, remedy });
}
