/** Commands that do what no real one should, to try the edge of the process. Takes the place of src/cli/table.ts. */
import { BugError } from '../../src/base/assert.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Context } from '../../src/cli/context.ts';
import { defineCommand } from '../../src/cli/spec.ts';
import type { CommandEntry } from '../../src/cli/table.ts';

const STEPS = 25;

const DEEDS: Record<string, (context: Context) => Promise<'incomplete' | undefined>> = {
  async wait({ output, signal, clock }) {
    output.line('waiting');
    await clock.sleep(20_000, signal).finally(() => output.line('cleaned up'));
    return undefined;
  },
  async stuck({ output, clock }) {
    output.line('waiting');
    await clock.sleep(20_000);
    return undefined;
  },
  never: () => new Promise(() => {}),
  async explode({ clock }) {
    setImmediate(() => {
      throw new TypeError('nobody catches this');
    });
    await clock.sleep(20_000);
    return undefined;
  },
  bug: () => Promise.reject(new BugError('queue is empty')),
  locked: () => Promise.reject(new AppError('vault-locked', { detail: 'by host a' })),
  async incomplete({ output }) {
    output.warn('cannot read /a\x1b[2J', { item: '/a' });
    output.summary({ files: 1 });
    return 'incomplete';
  },
  async progress({ output, clock }) {
    using progress = output.progress();
    for (let step = 1; step <= STEPS; step++) {
      progress.update({
        filesDone: step,
        filesTotal: STEPS,
        bytesDone: step * 1e6,
        bytesTotal: STEPS * 1e6,
        current: ['/x'],
      });
      await clock.sleep(50);
      if (step === 20) output.warn('something');
    }
    output.line(output.paint('green', 'done'));
    return undefined;
  },
  async ask({ output, ...context }) {
    output.line(`got ${await context.password({ confirm: true })}`);
    return undefined;
  },
  async flood({ output, signal, clock }) {
    for (let line = 0; ; line++) {
      output.line(`line ${line}`);
      if (line % 1000 === 0) await clock.sleep(1, signal);
    }
  },
};

export const COMMANDS: Readonly<Record<string, CommandEntry>> = Object.fromEntries(
  Object.entries(DEEDS).map(([name, run]): [string, CommandEntry] => [
    name,
    {
      section: 'Trials',
      summary: 'Try it',
      load: async () => defineCommand({ description: 'Tries it.', examples: [], run }),
    },
  ]),
);
