import { fence } from '../failover.ts';
import { FENCE_OPTIONS, openFence } from './ha-fence-call.ts';
import { levelText, settingLine, signOf, startedText, targetsText, whenText } from './ha-fence-text.ts';
import { defineCommand } from './spec.ts';
import { printable } from './text.ts';
import { formatDuration } from './time.ts';

export const command = defineCommand({
  description:
    'Lists the fence devices of a Pacemaker cluster: which nodes each can fence, where it is started, how often the cluster ' +
    'looks after it, and when it may have been used last; then the levels of the topology, and nodes that no device is known ' +
    'to fence. Tells first whether fencing is on, off, or paused and until when. Nothing is asked of the devices themselves: ' +
    'see ha fence test. Exit code 1 when fencing is off, or a node is not covered.',
  examples: [
    { line: 'ha fence list', does: 'the devices of the cluster that this machine is in' },
    { line: 'ha fence list --on oss1 --json', does: 'for programs, asking oss1 over ssh' },
  ],
  options: FENCE_OPTIONS,
  async run(context, _args, options) {
    const { output, clock } = context;
    const { view } = await openFence(context, options);
    const nowMs = clock.nowMs();
    const { uncovered } = fence.planPaths(view);
    output.line(settingLine(view, nowMs));
    showDevices(view, { output, nowMs });
    for (const level of view.fencing.levels) output.line(printable(`  ${levelText(level)}`));
    for (const { node, why } of uncovered) output.line(printable(`✘ ${node}: ${why}`));
    const { isEnabled, lease, foreignRules } = view.setting;
    const isPaused = lease !== undefined && !lease.hasEnded;
    output.summary({
      from: view.state.from,
      enabled: isEnabled,
      paused_until: isPaused ? new Date(lease.endMs).toISOString() : null,
      pause_ended: lease?.hasEnded ?? false,
      foreign_rules: foreignRules,
      devices: view.fencing.devices.length,
      levels: view.fencing.levels.map((level) => ({
        target: level.target,
        index: level.index,
        devices: level.devices,
      })),
      uncovered,
    });
    const isWhole = isEnabled && !isPaused && foreignRules.length === 0 && uncovered.length === 0;
    if (isWhole) return undefined;
    const { AppError } = await import('../base/errors.ts');
    throw new AppError('failed', { detail: 'not every node can be fenced now', hint: 'See the lines above.' });
  },
});

function showDevices(
  view: fence.FencingView,
  { output, nowMs }: { output: Parameters<typeof command.run>[0]['output']; nowMs: number },
): void {
  const { devices } = view.fencing;
  const watched = (ms: number | undefined): string => (ms === undefined ? 'NEVER' : `every ${formatDuration(ms)}`);
  if (devices.length > 0)
    output.table(
      [
        { title: '' },
        { title: 'Device' },
        { title: 'Agent' },
        { title: 'Fences', flexible: 'start' },
        { title: 'Started' },
        { title: 'Watched' },
        { title: 'Not used by' },
        { title: 'Last shot at one of these' },
      ],
      devices.map((device) => {
        const last = fence.lastUseOf(view, device);
        return [
          signOf(view, device),
          device.id,
          device.agent,
          targetsText(device),
          startedText(view, device),
          watched(device.monitorIntervalMs),
          device.barredFrom.join(', '),
          last === undefined ? 'none known' : `${last.target}, ${whenText(last, nowMs)}`,
        ];
      }),
    );
  for (const device of devices) {
    const { id, agent, targets = null, targetsBy, barredFrom, isDisabled, monitorIntervalMs = null } = device;
    const last = fence.lastUseOf(view, device)?.completed;
    output.record('device', {
      id,
      agent,
      targets,
      targets_by: targetsBy,
      barred_from: barredFrom,
      disabled: isDisabled,
      started: startedText(view, device),
      monitor_interval_ms: monitorIntervalMs,
      last_shot: last?.text ?? null,
    });
  }
}
