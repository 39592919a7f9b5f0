import { createRunner, openRunWorld, service } from '../daemon.ts';
import { systemIdentity, systemProcesses } from '../host.ts';
import type { Context } from './context.ts';
import { defineCommand } from './spec.ts';
import type { Style } from './style.ts';
import { printable } from './text.ts';
import { formatTime } from './time.ts';

const STYLES: Readonly<Record<service.LogLevel, Style>> = { info: 'dim', warning: 'yellow', error: 'red' };

export const command = defineCommand({
  description:
    'Runs the plans of the configuration on schedule, verifies and prunes their vaults, and tells of what is overdue, until ' +
    'it is stopped with SIGTERM or SIGINT: runs under way are then interrupted and begun again with the next start. SIGHUP ' +
    'makes it read its configuration again; a wrong one changes nothing. It stays in the foreground, for systemd or another ' +
    'supervisor, and prints what it does; with --json one object per line.',
  examples: [
    { line: 'serve', does: 'run everything in /etc/holdfast/holdfast.yaml when it is due' },
    { line: 'serve --config /srv/holdfast.yaml --json', does: 'use another configuration, and print for programs' },
  ],
  async run(context) {
    const { configFile, environment, version, clock, signal, onHangup } = context;
    const log = logOf(context);
    await using opened = await openRunWorld({
      configFile,
      environment,
      version,
      readOnly: false,
      clock,
      identity: systemIdentity(),
      processes: systemProcesses,
      onProblem: (text) => log('error', 'notify-failed', { text }),
    });
    await service.serve(opened.world, { signal, runnerOf: createRunner, reload: () => opened.reload(), onHangup, log });
    return undefined;
  },
});

function logOf({ output, clock }: Context): service.Log {
  return (level, event, fields) => {
    const nowMs = clock.nowMs();
    const word = output.paint(STYLES[level], level);
    output.line(`${formatTime(nowMs)} ${word} ${event} ${printable(describe(fields))}`);
    output.record('log', { time: new Date(nowMs).toISOString(), level, event, ...fields });
  };
}

/** The text, then the fields for who looks for them. */
function describe({ text, ...fields }: service.LogFields): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? text : `${text} (${pairs.join(' ')})`;
}
