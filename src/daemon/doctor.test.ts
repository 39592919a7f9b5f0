/** The examination as a whole: no step holds up or ends the others, and nothing secret is told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOf, type GivenConfig, worldOf } from '../../test/daemon/world.ts';
import { AppError } from '../base/errors.ts';
import { type Processes, simulated, systemClock } from '../host.ts';
import type { Finding } from './doctor/finding.ts';
import { type Examination, examine } from './doctor.ts';

const never = new AbortController().signal;
const GIVEN: GivenConfig = {
  vaults: { main: { url: '/nonexistent/vault' } },
  hosts: { far: { address: 'far' }, idle: { address: 'idle', identityFile: '/nonexistent/key' } },
  plans: { dump: { sources: [{ command: ['dump'], as: 'dump.sql', host: 'far' }] } },
};
/** Programs that answer nothing, and end well. */
const quiet = simulated.scriptedProcesses(() => ({}));

async function found(
  { given = GIVEN, local = quiet as Processes, far = quiet as Processes } = {},
  options: Partial<Examination> = {},
): Promise<Finding[]> {
  const world = await worldOf({ config: await configOf(given), clock: systemClock });
  const findings: Finding[] = [];
  await examine(
    { ...world, processesOf: (name) => (name === 'local' ? local : far) },
    { signal: never, onFinding: (finding) => void findings.push(finding), ...options },
  );
  return findings;
}

const of = (findings: Finding[], area: string) => findings.filter((each) => each.area === area);

describe('an examination', () => {
  it('tells by area, and every fault with a remedy', async () => {
    const findings = await found();
    const areas = findings.map(({ area }) => area);
    const changes = areas.filter((area, index) => area !== areas[index - 1]);
    assert.deepEqual(changes, [...new Set(areas)]);
    assert.ok(
      ['configuration', 'schedule', 'state', 'secret', 'tool', 'host', 'vault'].every((area) =>
        areas.includes(area as 'tool'),
      ),
    );
    assert.deepEqual(
      findings.filter(({ level, remedy }) => level !== 'ok' && remedy === ''),
      [],
    );
  });

  it('goes on when ssh is cut in the middle', async () => {
    const far = simulated.scriptedProcesses(({ command }) => {
      if (command === 'date') return { output: `${Math.round(systemClock.nowMs() / 1000)}\n` };
      throw new AppError('host-unreachable', { detail: 'far: Connection reset by peer' });
    });
    const findings = await found({ far });
    assert.match(of(findings, 'host').find(({ level }) => level === 'error')!.text, /Connection reset by peer/);
    assert.equal(of(findings, 'vault')[0]!.level, 'error', 'the rest was looked at');
  });

  it('reaches the nodes of clusters as their tests do: by name, through ssh, and this machine without', async () => {
    const asked: string[] = [];
    const local = simulated.scriptedProcesses(({ command, args }) => {
      if (command === 'ssh') asked.push(args.join(' '));
      return {};
    });
    const far = simulated.scriptedProcesses(() => ({ exitCode: 1, errorText: 'no such clock' }));
    const clusters = { oss: { nodes: ['head1', 'far', 'onlyssh'] } };
    const findings = await found({ given: { hosts: GIVEN['hosts'], clusters }, local, far });
    const nodes = of(findings, 'host').filter(({ subject }) => !subject.startsWith('hosts.'));
    assert.deepEqual(
      nodes.map(({ subject }) => subject),
      ['far', 'onlyssh'],
    );
    assert.match(nodes[0]!.text, /no such clock/, 'as the host of that name');
    assert.ok(
      asked.some((line) => / -- onlyssh /.test(` ${line} `)),
      asked.join('\n'),
    );
    assert.ok(!asked.some((line) => line.includes('head1')));
    assert.ok(of(findings, 'tool').some(({ subject }) => subject === 'ssh'));
  });

  it('is not held up by a host or a mount that hangs', async () => {
    const hanging: Processes = { ...quiet, run: () => new Promise(() => {}) };
    const hosts = await found({ far: hanging }, { stepMs: 100 });
    const host = of(hosts, 'host').find(({ subject }) => subject === 'far')!;
    assert.deepEqual([host.level, host.text], ['error', 'does not answer within 0.1 s']);
    assert.match(of(hosts, 'vault')[0]!.text, /no vault here/);
    const run: Processes['run'] = async (command, args, options) =>
      command === 'stat' && args.includes('/nonexistent/vault')
        ? new Promise(() => {})
        : quiet.run(command, args, options);
    const mounts = await found({ local: { ...quiet, run } }, { stepMs: 100 });
    for (const area of ['vault', 'space'])
      assert.match(
        of(mounts, area).find(({ subject }) => subject === 'main')!.remedy,
        /mounted at \/nonexistent\/vault/,
      );
    assert.equal(of(mounts, 'host').find(({ subject }) => subject === 'far')!.level, 'ok');
  });

  it('doubts what no plan uses, and does not call it an error', async () => {
    const local = simulated.scriptedProcesses(({ command }) => ({ exitCode: command === 'getent' ? 2 : 0 }));
    const findings = await found({ local });
    const idle = findings.filter(({ subject }) => subject.startsWith('hosts.idle'));
    assert.deepEqual(
      idle.map(({ level }) => level),
      ['warning', 'warning'],
      JSON.stringify(idle),
    );
  });

  it('tells no secret', async () => {
    const url = 'http://127.0.0.1:1/ping/s3cret-path';
    const given = {
      ...GIVEN,
      vaults: { main: { url: '/nonexistent/vault', password: { value: 'hunter2' } } },
      notifications: { targets: { alive: { ping: { url: { value: url } } } } },
    };
    const findings = await found({ given });
    assert.equal(of(findings, 'notification')[0]!.level, 'error', 'without a route it is to hear of everything');
    const routes = [{ to: ['other'] }];
    const targets = { ...given.notifications.targets, other: { mail: { to: ['root'] } } };
    const [unused] = of(await found({ given: { ...given, notifications: { targets, routes } } }), 'notification');
    assert.deepEqual([unused!.subject, unused!.level], ['alive', 'warning'], 'no route has it');
    assert.match(of(findings, 'notification')[0]!.text, /127\.0\.0\.1 refused the connection/);
    assert.doesNotMatch(JSON.stringify(findings), /hunter2|s3cret/);
  });

  it('that is stopped tells what it had found', async () => {
    const stop = new AbortController();
    const reason = new AppError('interrupted');
    const hanging: Processes = { ...quiet, run: () => new Promise(() => {}) };
    setTimeout(() => stop.abort(reason), 300);
    const findings: Finding[] = [];
    const onFinding = (finding: Finding) => void findings.push(finding);
    await assert.rejects(found({ far: hanging }, { signal: stop.signal, onFinding }), reason);
    assert.ok(of(findings, 'vault').length > 0);
  });
});
