import { CLUSTER_READ_MS_MAX, CLUSTER_REREAD_MS, CLUSTER_WATCH_MS } from '../base/cluster-limits.ts';
import { AppError } from '../base/errors.ts';
import { cib, live } from '../cluster.ts';
import type { Context } from './context.ts';
import { type FindHost, LOCAL, openHosts } from './ha-mmp-devices.ts';
import { contradicts, readFilesystems, withDevices } from './ha-status-mmp.ts';
import { type Screen, showScreen } from './ha-status-show.ts';
import { verdictOf } from './ha-status-text.ts';
import { flag, text, whole } from './options.ts';
import type { Output } from './output.ts';
import { defineCommand } from './spec.ts';
import { counted, printable } from './text.ts';
import { readSettingFile } from './text-file.ts';
import { formatTime } from './time.ts';

interface Asked {
  find: FindHost;
  hosts: readonly string[];
  timeLimitMs: number;
  cibFile: string | undefined;
}

export const command = defineCommand({
  description:
    'Shows on one screen how a cluster stands, Pacemaker or Heartbeat: first a verdict, then what is wrong, nodes, ' +
    'resources, failed actions, constraints that moves left, fencing history, and the multiple-mount protection of its ' +
    'filesystems. Asks this machine, or every host that is named; where their answers differ, each view is shown and none ' +
    'taken for right. Nothing is changed. Exit code 0 when the cluster is healthy, 1 when anything stands in the way of ' +
    'that or somebody did not answer.',
  examples: [
    { line: 'ha status', does: 'how the cluster of this machine stands' },
    { line: 'ha status oss1 oss2', does: 'ask both nodes over ssh, and compare what they say' },
    { line: 'ha status --watch', does: 'the same, drawn anew every two seconds' },
    { line: 'ha status --json oss1', does: 'for programs' },
    { line: 'ha status --cib saved-cib.xml', does: 'what a saved configuration and status show' },
  ],
  arguments: [
    { usage: '[host...]', description: 'Hosts of the configuration, or names that ssh knows; local is this one' },
  ],
  options: {
    watch: flag('Go on until interrupted; off a terminal, a line for each change'),
    every: whole('seconds', 'Between two readings with --watch (default 2)', { min: 1 }),
    timeLimit: whole('seconds', 'For each program that is asked (default 20)', { min: 1 }),
    cib: text('file', 'Read this CIB instead of a running cluster'),
  },
  async run(context, hosts, { watch, every, timeLimit, cib: cibFile }) {
    if (cibFile !== undefined && hosts.length > 1)
      throw new AppError('usage', {
        detail: '--cib is read on one host',
        hint: 'Name one host, or none for this one.',
      });
    if (cibFile !== undefined && hosts.length === 0) await expectCib(cibFile);
    const asked: Asked = {
      find: await openHosts(context),
      hosts: hosts.length === 0 ? [LOCAL] : [...new Set(hosts)],
      timeLimitMs: timeLimit === undefined ? CLUSTER_READ_MS_MAX : timeLimit * 1000,
      cibFile,
    };
    if (watch) return await follow(context, asked, every === undefined ? CLUSTER_WATCH_MS : every * 1000);
    const screen = await readScreen(context, asked);
    const { survey } = screen;
    // Of one machine that does not answer, its own error says more than a verdict.
    const [first] = survey.answers;
    if (survey.views.length === 0 && survey.answers.length === 1 && 'error' in first!) throw first.error;
    showScreen(context.output, screen);
    context.output.summary(summaryOf(survey));
    if (!live.isHealthy(survey)) throw unhealthy(survey);
    return undefined;
  },
});

/**
 * Of a file that is cut short, or of a later schema, crm_mon tells neither that nor the place. One on another host only the
 * crm_mon there can judge.
 * @throws {AppError} `config`
 */
async function expectCib(file: string): Promise<void> {
  const content = await readSettingFile(file, { what: 'the CIB', code: 'config' });
  cib.readCib(cib.parseXml(content, file));
}

/** Devices that contradict the cluster are looked at once more, with the cluster, before it counts. */
async function readScreen(context: Context, asked: Asked): Promise<Screen> {
  const first = await readOnce(context, asked);
  if (!contradicts(first.filesystems)) return first;
  await context.clock.sleep(CLUSTER_REREAD_MS, context.signal);
  return await readOnce(context, asked);
}

async function readOnce({ clock, signal }: Context, { find, hosts, timeLimitMs, cibFile }: Asked): Promise<Screen> {
  const seats = hosts.map(find);
  const survey = await live.surveyCluster(seats, { clock, signal, timeLimitMs, cibFile });
  // From the first machine that answered.
  const told = survey.answers.find((answer) => 'state' in answer);
  const seat = seats.find(({ name }) => name === told?.from);
  const isLive = told !== undefined && seat !== undefined && cibFile === undefined;
  const filesystems = isLive ? await readFilesystems(told.state, seat, signal) : [];
  return { survey: withDevices(survey, filesystems), filesystems, nowMs: clock.nowMs() };
}

/** Never returns but by an error: the interruption. */
async function follow(context: Context, asked: Asked, everyMs: number): Promise<never> {
  const { output, clock, signal } = context;
  const isScreen = canRedraw(output);
  let told = '';
  for (;;) {
    const screen = await readScreen(context, asked);
    const verdict = verdictOf(screen.survey);
    const key = JSON.stringify([verdict, screen.survey.remarks]);
    if (isScreen) {
      await output.bytes('\x1b[H\x1b[2J\x1b[3J');
      showScreen(output, screen);
      output.line();
      output.line(`Every ${everyMs / 1000} s; end with Ctrl-C. ${formatTime(screen.nowMs)}`);
    } else if (key !== told) {
      output.line(printable(`${formatTime(screen.nowMs)}  ${verdict}`));
      for (const { level, subject, text: said } of screen.survey.remarks)
        output.line(printable(`  ${level === 'error' ? '✘' : '!'} ${subject}: ${said}`));
      output.record('status', { time: new Date(screen.nowMs).toISOString(), verdict, ...summaryOf(screen.survey) });
    }
    told = key;
    await clock.sleep(everyMs, signal);
  }
}

/** Where colours may be sent, the other sequences of a terminal may as well; with NO_COLOR changes are told as lines. */
function canRedraw(output: Output): boolean {
  return !output.json && output.paint('bold', 'x') !== 'x';
}

function summaryOf(survey: live.Survey): Record<string, unknown> {
  const count = (level: live.Remark['level']): number => survey.remarks.filter((each) => each.level === level).length;
  return {
    healthy: live.isHealthy(survey),
    errors: count('error'),
    warnings: count('warning'),
    asked: survey.answers.map(({ from }) => from),
    views: survey.views.length,
    disagreements: survey.disagreements,
    remarks: survey.remarks,
  };
}

function unhealthy({ remarks }: live.Survey): AppError {
  const errors = remarks.filter(({ level }) => level === 'error').length;
  return new AppError('failed', {
    detail: `the cluster is not healthy: ${counted(errors, 'problem')}`,
    hint: 'See the lines marked ✘ above.',
  });
}
