import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUNDLE_ITEM_BYTES_MAX } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import { simulated } from '../../host.ts';
import { gatherNode } from './gather.ts';
import { bundleOf } from './manifest.ts';

const signal = new AbortController().signal;
const CIB =
  '<cib validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0"><configuration><crm_config/><nodes/><resources><primitive id="fs" class="ocf" provider="heartbeat" type="Filesystem"><instance_attributes id="a"><nvpair id="d" name="device" value="/dev/none-such"/></instance_attributes></primitive><primitive id="f" class="stonith" type="fence_x"><instance_attributes id="b"><nvpair id="p" name="passwd" value="Geh3im"/></instance_attributes></primitive></resources><constraints/></configuration><status/></cib>';

type Answer = Parameters<typeof simulated.scriptedProcesses>[0];

function host(name: string, answer: Answer) {
  return { name, processes: simulated.scriptedProcesses(answer), clock: simulated.fixedClock() };
}

/** A node that has a few of the things. */
const some: Answer = ({ command, args }) => {
  const path = args.at(-1) ?? '';
  if (command === 'cibadmin') return { output: CIB };
  if (command === 'ls') return { output: 'cib-2.raw\ncib-1.raw\ncib-1.raw.sig\ncib.last\n' };
  if (command === 'uname') return { output: 'Linux n1\n' };
  if (command === 'crm_verify') return { exitCode: 78, errorText: 'Warnings found\n' };
  if (command !== 'tail') return undefined;
  if (path.endsWith('.raw') || path.endsWith('cib.xml')) return { output: CIB };
  if (path === '/var/log/pacemaker/pacemaker.log')
    return { output: `half\n${'x'.repeat(BUNDLE_ITEM_BYTES_MAX - 20)}\nlogin Geh3im\n` };
  if (path === '/etc/fstab')
    return { exitCode: 1, errorText: "tail: cannot open '/etc/fstab' for reading: Permission denied\n" };
  return { exitCode: 1, errorText: `tail: cannot open '${path}' for reading: No such file or directory\n` };
};

describe('gathering from a node', () => {
  it('takes what is there, the ends of long logs, and names the rest', async () => {
    const node = await gatherNode(host('n1', some), { signal });
    assert.equal(node.isReached, true);
    const file = (name: string) => node.files.find((each) => each.name === name);
    assert.equal(file('uname.txt')?.text, 'Linux n1\n');
    assert.equal(file('crm_verify.txt')?.text, 'Warnings found\n(exit code 78)');
    const log = file('var/log/pacemaker/pacemaker.log')!;
    assert.deepEqual([log.isCut, log.text.endsWith('\nlogin Geh3im\n')], [false, true]);
    assert.deepEqual(
      node.files.filter(({ name }) => name.includes('/cib/')).map(({ name }) => name.split('/').at(-1)),
      ['cib-1.raw', 'cib-2.raw', 'cib.xml'],
    );
    const trouble = node.missing.filter(({ isAbsent, isChosen }) => !isAbsent && !isChosen);
    assert.deepEqual(
      trouble.map(({ what }) => what),
      ['/etc/fstab', 'MMP of /dev/none-such'],
    );
    assert.match(trouble[0]!.why, /Permission denied/);
    assert.ok(node.missing.some(({ what, isAbsent }) => what === '/etc/ha.d/ha.cf' && isAbsent));
  });

  it('looks for the protection of what Heartbeat mounts, and of a cluster that is down', async () => {
    const answers: Record<string, string> = {
      '/etc/ha.d/haresources': 'n1 Filesystem::/dev/of-heartbeat::/a::ext4 Filesystem:://nas/x::/b::cifs\n',
      '/var/lib/pacemaker/cib/cib.xml': CIB.replace('/dev/none-such', '/dev/of-disk'),
    };
    const node = await gatherNode(
      host('n1', ({ command, args }) => {
        const path = args.at(-1) ?? '';
        if (command === 'tail' && answers[path] !== undefined) return { output: answers[path] };
        return command === 'tail' || command === 'cibadmin'
          ? { exitCode: 1, errorText: 'No such file or directory\n' }
          : undefined;
      }),
      { signal },
    );
    const looked = node.missing.filter(({ what }) => what.startsWith('MMP of ')).map(({ what }) => what);
    assert.deepEqual(looked, ['MMP of /dev/of-disk', 'MMP of /dev/of-heartbeat']);
  });

  it('cuts what is too long at a line', async () => {
    const long = `${'y'.repeat(99)}\n`.repeat(BUNDLE_ITEM_BYTES_MAX / 100 + 2);
    const node = await gatherNode(
      host('n1', ({ command, args }) =>
        command === 'tail' && args.at(-1) === '/var/log/ha-log'
          ? { output: long }
          : some({ command, args, options: {} }),
      ),
      { signal },
    );
    const log = node.files.find(({ name }) => name === 'var/log/ha-log')!;
    assert.equal(log.isCut, true);
    assert.ok(log.text.length <= BUNDLE_ITEM_BYTES_MAX && log.text.startsWith('yyy') && log.text.length % 100 === 0);
  });

  it('works with a node that is dead, and one that dies meanwhile', async () => {
    const dead = await gatherNode(
      host('n2', () => {
        throw new AppError('host-unreachable', { detail: 'n2' });
      }),
      { signal },
    );
    assert.deepEqual(
      [dead.isReached, dead.files.length, dead.missing.map(({ what }) => what)],
      [false, 0, ['everything']],
    );
    let left = 10;
    const dying = await gatherNode(
      host('n3', (call) => {
        if (left-- === 0) throw new AppError('host-unreachable', { detail: 'n3' });
        return some(call);
      }),
      { signal },
    );
    assert.ok(dying.isReached && dying.files.length > 0);
    assert.ok(dying.missing.some(({ what, why }) => what === 'the rest' && /n3/.test(why)));
  });

  it('goes on where one program hangs', async () => {
    const node = await gatherNode(
      host('n1', (call) => {
        if (call.command === 'crm_mon') throw new AppError('command-timeout', { detail: 'crm_mon' });
        return some(call);
      }),
      { signal },
    );
    assert.equal(node.missing.filter(({ what, isAbsent }) => what.startsWith('crm_mon') && !isAbsent).length, 2);
    assert.ok(node.files.some(({ name }) => name === 'uname.txt'));
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    controller.abort(new AppError('interrupted'));
    await assert.rejects(gatherNode(host('n1', some), { signal: controller.signal }), { code: 'interrupted' });
  });
});

describe('a bundle', () => {
  it('has a manifest of what is and what is not, and no secret of any node', async () => {
    const alive = await gatherNode(host('n1', some), { signal });
    const dead = await gatherNode(
      host('../n2', () => {
        throw new AppError('host-unreachable', { detail: 'n2' });
      }),
      { signal },
    );
    const { files, nodes, secretsRemoved } = bundleOf([alive, dead], { nowMs: 0, version: '1.0' });
    assert.equal(secretsRemoved, 1);
    assert.ok(files.every(({ path, text }) => !text.includes('Geh3im') && !path.includes('..')));
    const manifest = JSON.parse(files[0]!.text);
    assert.deepEqual([manifest.format, manifest.made, manifest.holdfast], [1, '1970-01-01T00:00:00.000Z', '1.0']);
    assert.deepEqual(manifest.nodes[1], {
      name: '../n2',
      reached: false,
      files: [],
      missing: [{ what: 'everything', why: manifest.nodes[1].missing[0].why }],
      absent: [],
    });
    assert.ok(
      manifest.nodes[0].missing.some(({ what }: { what: string }) => what.includes('authkey')),
      'what is left out on purpose is told',
    );
    assert.deepEqual(
      nodes.map(({ isReached }) => isReached),
      [true, false],
    );
  });
});
