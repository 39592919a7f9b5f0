/** Multiple-mount protection of a disk that two hosts reach, changed only when nobody on either can have it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describePeer } from '../peers.ts';
import { useLab } from './bed.ts';
import type { Host } from './host.ts';
import { mmpSequence } from './mmp.ts';
import { askOn, runOn } from './program.ts';
import { prepareSsh, SSH_PEERS, startSshd } from './ssh.ts';
import { until } from './wait.ts';

const CLEAN = 0xff4d4d50;
/** Of the block that is watched before anything is changed, and of a mount after a loss of power. */
const MOUNT_MS_MAX = 60_000;

describePeer('changing multiple-mount protection', ['root', 'namespaces', 'ip', 'mke2fs', ...SSH_PEERS], () => {
  const bed = useLab(async (lab) => {
    const hosts = ['a', 'b'].map((name) => lab.host(name));
    const [a, b] = hosts as [Host, Host];
    const lun = await lab.lun('disk0', 32 * 1024 * 1024, ['a', 'b']);
    prepareSsh(hosts);
    const far = `hosts:\n  b: { address: ${b.address(0)}, user: root, connectTimeout: 2s }\n`;
    a.write('/etc/holdfast/holdfast.yaml', `stateDirectory: /srv/holdfast\n${far}`);
    await Promise.all(hosts.map((host) => host.boot()));
    await startSshd(hosts);
    const change = (action: string, ...more: string[]) => runOn(a, ['ha', 'mmp', action, lun.path, ...more]);
    return { a, b, lun, change };
  });

  it('is refused while either host has it mounted, and while nobody says who else reaches it', async () => {
    const { a, b, lun, change } = bed();
    await mount(b, lun.path);
    const disabling = await change('disable', '--host', 'b');
    assert.equal(disabling.exitCode, 20, disabling.text);
    assert.match(disabling.text, /is mounted by .*, or was when that host died/, 'as the block says');
    const clearing = await change('clear', '--host', 'b');
    assert.equal(clearing.exitCode, 20, clearing.text);
    assert.match(clearing.text, /✘ \/dev\/disk\/by-id\/disk0 on b: .*mounted/, 'as the host says');
    await b.must(['umount', '/mnt']);
    await mount(a, lun.path);
    const here = await change('clear', '--host', 'b');
    assert.equal(here.exitCode, 20, here.text);
    assert.match(here.text, /✘ \/dev\/disk\/by-id\/disk0 on local: .*mounted/);
    await a.must(['umount', '/mnt']);
    const alone = await change('disable');
    assert.equal(alone.exitCode, 20, alone.text);
    assert.equal(mmpSequence(lun), CLEAN);
    assert.equal(await stateOf(a, lun.path), 'clean');
  });

  it('is done where it is provably unmounted everywhere, and undone', async () => {
    const { a, b, lun, change } = bed();
    const planned = await change('disable', '--host', 'b', '--dry-run');
    assert.equal(planned.exitCode, 0, planned.text);
    assert.equal(await stateOf(a, lun.path), 'clean');
    const off = await change('disable', '--host', 'b');
    assert.equal(off.exitCode, 0, off.text);
    assert.equal(await stateOf(b, lun.path), 'no-mmp');
    // Nothing on the disk tells of this mount: only the host does.
    await mount(b, lun.path);
    const used = await change('enable', '--host', 'b');
    assert.equal(used.exitCode, 20, used.text);
    assert.match(used.text, /✘ \/dev\/disk\/by-id\/disk0 on b: .*mounted/);
    await b.must(['umount', '/mnt']);
    const on = await change('enable', '--host', 'b');
    assert.equal(on.exitCode, 0, on.text);
    assert.equal(await stateOf(b, lun.path), 'clean');
    await mount(b, lun.path);
    await b.must(['umount', '/mnt']);
  });

  it('is refused while a host cannot be asked, and clears what a loss of power left behind', async () => {
    const { a, b, lun, change } = bed();
    await mount(b, lun.path);
    await b.powerLoss();
    assert.notEqual(mmpSequence(lun), CLEAN);
    const left = mmpSequence(lun);
    const silent = await change('clear', '--host', 'b');
    assert.equal(silent.exitCode, 20, silent.text);
    assert.match(silent.text, /\? \/dev\/disk\/by-id\/disk0 on b: /);
    assert.equal(mmpSequence(lun), left, 'nothing was written');
    await b.boot();
    await startSshd([b]);
    // A host has another address on the link below after each boot, which the other learns in its own time.
    const answers = async () => (await a.exec(['ssh', '-o', 'ConnectTimeout=1', b.address(0), 'true'])).exitCode === 0;
    await until('b answers', answers, { limitMs: 20_000, everyMs: 200 });
    const cleared = await change('clear', '--host', 'b');
    assert.equal(cleared.exitCode, 0, cleared.text);
    assert.equal(mmpSequence(lun), CLEAN);
    const begin = performance.now();
    await mount(a, lun.path);
    assert.ok(performance.now() - begin < 10_000, 'a mount waits for nobody');
    await a.must(['umount', '/mnt']);
  });
});

async function mount(host: Host, path: string): Promise<void> {
  await host.must(['mount', '-t', 'ext4', path, '/mnt'], { timeLimitMs: MOUNT_MS_MAX });
}

/** As the product reads it there. */
async function stateOf(host: Host, path: string): Promise<string> {
  const [shown] = await askOn<{ state: string }>(host, ['ha', 'mmp', 'show', path], 'mmp');
  return shown!.state;
}
