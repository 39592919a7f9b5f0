import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../base/errors.ts';
import { simulated } from '../../host.ts';
import { Secret } from '../stonith/secret.ts';
import { type AgentRequest, askAgent, confirmOff, fencingHistory, recordOn, registeredDevices } from './ask.ts';
import { fencingOf } from './devices.ts';
import { readAgentMetadata } from './metadata.ts';
import { patchCib } from './patch.ts';
import { dateOn, quorumOf } from './quorum.ts';
import { sampleCib, sampleText } from './sample.ts';

const options = { clock: simulated.fixedClock(1_000_000) };

function seat(answer: Parameters<typeof simulated.scriptedProcesses>[0]) {
  const processes = simulated.scriptedProcesses(answer);
  return { name: 'n1', processes };
}

const [IPMI, APC] = fencingOf(sampleCib().cib).devices as unknown as [AgentRequest['device'], AgentRequest['device']];
const TARGET = { node: 'n2', plug: '3' };

describe('devices of a configuration', () => {
  it('come with targets, plugs and hidden passwords', () => {
    const constraints =
      '<rsc_location id="l" rsc="fence-n1" node="n1" score="-INFINITY"/><rsc_location id="m" rsc="fence-n1" node="n2" score="-5"/>';
    const { devices, levels } = fencingOf(sampleCib({ constraints }).cib);
    assert.deepEqual(
      devices.map(({ id, agent, targetsBy, targets, plugs, barredFrom, monitorIntervalMs }) => ({
        id,
        agent,
        targetsBy,
        targets,
        plugs: [...plugs],
        barredFrom,
        monitorIntervalMs,
      })),
      [
        {
          id: 'fence-n1',
          agent: 'fence_ipmilan',
          targetsBy: 'static-list',
          targets: ['n1'],
          plugs: [],
          barredFrom: ['n1'],
          monitorIntervalMs: 60_000,
        },
        {
          id: 'fence-n2',
          agent: 'fence_apc',
          targetsBy: 'static-list',
          targets: ['n2'],
          plugs: [['n2', '3,4']],
          barredFrom: [],
          monitorIntervalMs: undefined,
        },
      ],
    );
    assert.deepEqual(levels, []);
    assert.ok(!JSON.stringify(devices.map(({ params }) => params)).includes('Geh31m'));
  });

  it('tell how their targets are known', () => {
    const device = (pairs: string) =>
      `<primitive id="f" class="stonith" type="fence_x"><instance_attributes id="a">${pairs}</instance_attributes></primitive>`;
    const check = (value: string) => device(`<nvpair id="p" name="pcmk_host_check" value="${value}"/>`);
    const told = (resources: string) => {
      const [found] = fencingOf(sampleCib({ resources }).cib).devices;
      return [found?.targetsBy, found?.targets?.join()];
    };
    assert.deepEqual(told(device('')), ['not said', undefined]);
    assert.deepEqual(told(check('dynamic-list')), ['dynamic-list', undefined]);
    assert.deepEqual(told(check('none')), ['none', 'n1,n2']);
    assert.deepEqual(told(device('<nvpair id="l" name="pcmk_host_list" value="n1, n2;n3"/>')), [
      'static-list',
      'n1,n2,n3',
    ]);
  });
});

describe('asking an agent', () => {
  it('gives the parameters on standard input, never as arguments', async () => {
    const at = seat(() => ({ exitCode: 0 }));
    const tried = await askAgent(at, { device: IPMI, action: 'status', target: TARGET }, options);
    assert.deepEqual([tried.outcome, tried.power], ['proven', 'on']);
    const [call] = at.processes.calls;
    assert.deepEqual([call!.command, call!.args], ['fence_ipmilan', []]);
    assert.equal(
      String(call!.options.input),
      'action=status\nnodename=n2\nplug=3\nport=3\nip=10.0.0.1\nusername=admin\npassword=Geh31m!<\n',
    );
  });

  it('does as pcmk_ parameters say', async () => {
    const asked = async (params: [string, string][], action: 'monitor' | 'status' = 'status') => {
      const at = seat(() => ({ exitCode: 2 }));
      const device = { agent: 'fence_x', params: params.map(([name, value]) => ({ name, value })) };
      const tried = await askAgent(at, { device, action, ...(action === 'status' ? { target: TARGET } : {}) }, options);
      return [tried.outcome, String(at.processes.calls[0]?.options.input ?? '')];
    };
    assert.deepEqual(
      await asked([
        ['pcmk_host_argument', 'domain'],
        ['pcmk_status_action', 'state'],
      ]),
      ['proven', 'action=state\nnodename=n2\ndomain=3\n'],
    );
    assert.deepEqual(await asked([['pcmk_host_argument', 'none']]), ['proven', 'action=status\nnodename=n2\n']);
    assert.deepEqual(
      await asked([
        ['plug', '7'],
        ['action', 'off'],
      ]),
      ['proven', 'action=status\nnodename=n2\nplug=7\n'],
      'a configured action never switches',
    );
    assert.deepEqual(await asked([], 'monitor'), ['failed', 'action=monitor\n'], 'off is no answer to monitor');
    assert.deepEqual(await asked([['pcmk_monitor_action', 'metadata']], 'monitor'), ['unproven', '']);
    assert.deepEqual(await asked([['password', 'lrm://file']]), ['unproven', '']);
    assert.equal((await asked([['evil', 'x\naction=off']]))[1]!.match(/^action=/gm)?.length, 1);
  });

  it('hides what the agent repeats, and tells failure from what could not be asked', async () => {
    const complaint = seat(() => ({ exitCode: 1, errorText: 'Failed: login with admin/Geh31m!< refused' }));
    const failed = await askAgent(complaint, { device: IPMI, action: 'monitor' }, options);
    assert.deepEqual([failed.outcome, failed.text], ['failed', 'Failed: login with admin/[hidden] refused']);
    const throwing = async (code: 'command-missing' | 'command-timeout' | 'host-unreachable') =>
      (
        await askAgent(
          seat(() => {
            throw new AppError(code, { detail: 'x' });
          }),
          { device: APC, action: 'monitor' },
          options,
        )
      ).outcome;
    assert.deepEqual(
      [await throwing('command-missing'), await throwing('command-timeout'), await throwing('host-unreachable')],
      ['unproven', 'failed', 'unproven'],
    );
    const plugin = { agent: 'external/ipmi', params: [{ name: 'passwd', value: new Secret('x') }] };
    const never = seat(() => assert.fail('no program is run'));
    assert.equal((await askAgent(never, { device: plugin, action: 'monitor' }, options)).outcome, 'unproven');
    await assert.rejects(
      askAgent(
        seat(() => {
          throw new AppError('interrupted');
        }),
        { device: APC, action: 'monitor' },
        options,
      ),
      { code: 'interrupted' },
    );
  });
});

describe('what nodes tell', () => {
  it('lists devices of the fencer', async () => {
    const some = seat(() => ({ output: 'fence-n2\nfence-n1\n2 fence devices found\n' }));
    assert.deepEqual(await registeredDevices(some, options), ['fence-n2', 'fence-n1']);
    const none = seat(() => ({ exitCode: 105, errorText: 'No devices found' }));
    assert.deepEqual(await registeredDevices(none, options), []);
    const down = seat(() => ({ exitCode: 102, errorText: 'Not connected' }));
    await assert.rejects(registeredDevices(down, options), { code: 'cluster-down' });
  });

  it('counts votes', async () => {
    const text =
      'Quorate:          Yes\nExpected votes:   2\nTotal votes:      1\nQuorum:           1  \nFlags:            2Node Quorate WaitForAll \n';
    const votes = await quorumOf(
      seat(() => ({ output: text })),
      options,
    );
    assert.deepEqual(votes, { expected: 2, present: 1, needed: 1, isQuorate: true, isTwoNode: true });
    await assert.rejects(
      quorumOf(
        seat(() => ({ exitCode: 1, errorText: 'Cannot initialize QUORUM service' })),
        options,
      ),
      { code: 'cluster-unclear' },
    );
  });

  it('has a clock, if it can be asked', async () => {
    assert.equal(
      await dateOn(
        seat(() => ({ output: '1795293308\n' })),
        options,
      ),
      1_795_293_308_000,
    );
    assert.equal(
      await dateOn(
        seat(() => ({ output: 'date: broken' })),
        options,
      ),
      undefined,
    );
    assert.equal(
      await dateOn(
        seat(() => {
          throw new AppError('host-unreachable');
        }),
        options,
      ),
      undefined,
    );
  });

  it('falls back to the old history, and tells whether a log took a line', async () => {
    const old = seat(({ args }) =>
      args.includes('--output-as=xml')
        ? { exitCode: 64, errorText: 'unrecognized option' }
        : { output: '0 events found\n' },
    );
    assert.deepEqual(await fencingHistory(old, options), []);
    assert.equal(
      await recordOn(
        seat(() => ({ exitCode: 0 })),
        'x',
        options,
      ),
      true,
    );
    assert.equal(
      await recordOn(
        seat(() => ({ exitCode: 1 })),
        'x',
        options,
      ),
      false,
    );
    assert.equal(
      await recordOn(
        seat(() => undefined),
        'x',
        options,
      ),
      false,
    );
    await assert.rejects(
      confirmOff(
        seat(() => ({ exitCode: 1, errorText: 'no' })),
        'n2',
        options,
      ),
      /--confirm n2 on n1 ended with exit code 1: no/,
    );
  });

  it('describes an agent, and refuses what is no metadata', () => {
    const text =
      'warning: x\n<resource-agent name="fence_x" shortdesc="An X"><parameters><parameter name="passwd" required="1"><content type="string"/><shortdesc>Secret\n one</shortdesc></parameter><parameter name="ip"><content type="string" default="1.2.3.4"/></parameter></parameters><actions><action name="on"/></actions></resource-agent>';
    const { name, short, parameters, actions } = readAgentMetadata(text, 'x');
    assert.deepEqual([name, short, actions], ['fence_x', 'An X', ['on']]);
    assert.deepEqual(parameters, [
      { name: 'passwd', text: 'Secret one', type: 'string', fallback: undefined, isRequired: true, isSecret: true },
      { name: 'ip', text: '', type: 'string', fallback: '1.2.3.4', isRequired: false, isSecret: false },
    ]);
    for (const bad of ['', 'no', '<resource-agent', '<resource-agent><a></resource-agent>'])
      assert.throws(() => readAgentMetadata(bad, 'x'), { code: 'cluster-unclear' });
  });
});

describe('changing a living CIB', () => {
  const edits = () => [{ kind: 'delete' as const, path: '/cib/configuration/resources', child: 'fence-n1' }];

  it('tries again while others are faster, with what is there then', async () => {
    let refusals = 2;
    const at = seat(({ args }) => {
      if (args.includes('--query')) return { output: sampleText() };
      return refusals-- > 0 ? { exitCode: 103, errorText: 'Update was older than existing configuration' } : {};
    });
    assert.equal(await patchCib(at, edits, options), true);
    assert.deepEqual(
      at.processes.calls.map(({ args }) => args[0]),
      ['--query', '--patch', '--query', '--patch', '--query', '--patch'],
    );
    assert.match(String(at.processes.calls[1]!.options.input), /primitive\[@id='fence-n1'\]/);
  });

  it('gives up some time, at once for other reasons, and does nothing where nothing is to do', async () => {
    const answering = (exitCode: number) =>
      seat(({ args }) => (args.includes('--query') ? { output: sampleText() } : { exitCode, errorText: 'no' }));
    await assert.rejects(patchCib(answering(103), edits, options), /exit code 103/);
    const denied = answering(4);
    await assert.rejects(patchCib(denied, edits, options), { code: 'failed' });
    assert.equal(denied.processes.calls.length, 2);
    const idle = answering(0);
    assert.equal(await patchCib(idle, () => [], options), false);
    assert.equal(idle.processes.calls.length, 1);
  });
});
