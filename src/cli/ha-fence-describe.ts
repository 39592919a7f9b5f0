import { AppError } from '../base/errors.ts';
import { fencing } from '../cluster.ts';
import { FENCE_OPTIONS, openFence } from './ha-fence-call.ts';
import { startedText, targetsText, valueText } from './ha-fence-text.ts';
import { defineCommand } from './spec.ts';
import { suggestion } from './suggest.ts';
import { printable } from './text.ts';

export const command = defineCommand({
  description:
    'Describes a fence device: its parameters as they are configured, passwords hidden; the plugs of nodes; and what its ' +
    'agent tells of itself on the node that is asked: parameters with their defaults, those that are required and missing, ' +
    'and what it can do.',
  examples: [
    { line: 'ha fence describe fence-oss1', does: 'show all that is known of the device' },
    { line: 'ha fence describe --on oss1 fence-oss1', does: 'the same, asking oss1' },
  ],
  arguments: [{ usage: '<device>', description: 'Id of the device, as ha fence list shows it' }],
  options: FENCE_OPTIONS,
  async run(context, [id], given) {
    const { output } = context;
    const { view, options } = await openFence(context, given);
    const { devices } = view.fencing;
    const device = devices.find((each) => each.id === id);
    if (device === undefined) {
      const ids = devices.map((each) => each.id);
      const hint = suggestion(id!, ids) ?? `There are: ${ids.join(', ') || 'none'}.`;
      throw new AppError('usage', { detail: `the cluster has no fence device ${id}`, hint });
    }
    const agent = await fencing.agentMetadata(view.seat, device.agent, options);
    const values = new Map(device.params.map((each) => [each.name, valueText(each)]));
    const missing = agent.parameters.filter(
      ({ name, isRequired, fallback }) => isRequired && fallback === undefined && !values.has(name),
    );
    output.line(printable(`${device.id}: ${device.agent}${agent.short === '' ? '' : `, ${agent.short}`}`));
    output.line(printable(`  fences ${targetsText(device)} (${device.targetsBy}); ${startedText(view, device)}`));
    for (const [node, plug] of device.plugs) output.line(printable(`  ${node} is ${plug} to the device`));
    output.line(printable(`  can: ${agent.actions.join(', ')}`));
    output.line();
    const own = device.params.filter(({ name }) => !agent.parameters.some((each) => each.name === name));
    output.table(
      [
        { title: 'Parameter' },
        { title: 'Configured' },
        { title: 'Default' },
        { title: 'What it is', flexible: 'start' },
      ],
      [
        ...own.map((each) => [
          each.name,
          valueText(each),
          '',
          each.name.startsWith('pcmk_') ? 'for the fencer' : 'not known to the agent',
        ]),
        ...agent.parameters
          .filter(({ name }) => values.has(name) || output.verbosity > 0)
          .map(({ name, fallback = '', text, isSecret }) => [
            name,
            values.get(name) ?? '',
            isSecret ? '' : fallback,
            text,
          ]),
      ],
    );
    if (output.verbosity === 0) output.note(`${agent.parameters.length} parameters in all; -v shows them.`);
    for (const { name } of missing) output.line(printable(`✘ ${name} is required and not given`));
    output.record('device', {
      id: device.id,
      agent: device.agent,
      targets: device.targets ?? null,
      targets_by: device.targetsBy,
      plugs: Object.fromEntries(device.plugs),
      params: Object.fromEntries(values),
      actions: agent.actions,
      agent_parameters: agent.parameters,
      missing: missing.map(({ name }) => name),
    });
    output.summary({ missing: missing.length });
    return undefined;
  },
});
