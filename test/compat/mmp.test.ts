/** Multiple-mount protection on real file systems, against what e2fsprogs reads and what the kernel does. */
import assert from 'node:assert/strict';
import { readFileSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  executeMmp,
  type MmpHost,
  type MmpReading,
  mountWaitOf,
  planMmp,
  readMmp,
  usesOf,
  watchMmp,
} from '../../src/cluster/mmp.ts';
import { type Processes, ssh, systemClock, systemProcesses } from '../../src/host.ts';
import { type Lun, makeExt4, makeLun, run } from '../lun.ts';
import { describePeer } from '../peers.ts';
import { startSshd } from '../sshd.ts';

const here: MmpHost = { name: 'local', processes: systemProcesses, clock: systemClock };
const parallel = { concurrency: true };

/** `  mmp_sequence: 0x12` and `MMP update interval:      1` → values by name. */
function fieldsOf(text: string): Map<string, string> {
  const pairs = text.split('\n').map((line) => /^\s*([^:]+):\s*(.*)$/.exec(line));
  return new Map(pairs.filter((pair) => pair !== null).map((pair) => [pair[1]!, pair[2]!]));
}

/** A mount that must fail. @returns seconds it took */
function refusedMount(lun: Lun, device: string): Promise<number> {
  const beganMs = systemClock.monotonicMs();
  return systemProcesses.run('mount', ['-t', 'ext4', device, lun.mountPoint()]).then(({ exitCode }) => {
    assert.notEqual(exitCode, 0, 'the mount is refused');
    return (systemClock.monotonicMs() - beganMs) / 1000;
  });
}

async function overwrite(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, offset);
  await file.sync();
}

/** As e2fsck leaves it when it dies: the mark of a check. Written raw, so with file systems without checksums. */
async function markChecked(lun: Lun): Promise<void> {
  const { ext4 } = await readMmp(here, lun.image);
  await overwrite(lun.image, ext4!.mmpOffset! + 4, Buffer.from('504d4de2', 'hex'));
}

const stateOf = async (path: string): Promise<MmpReading['state']> => (await readMmp(here, path)).state;

describePeer('what the blocks say', ['root', 'mke2fs'], () => {
  const kinds: [name: string, args: string[]][] = [
    ['1 KiB blocks', ['-b', '1024']],
    ['2 KiB blocks, as ldiskfs has features', ['-b', '2048', '-O', '^metadata_csum,^64bit,uninit_bg']],
    ['4 KiB blocks, a seed apart', ['-b', '4096', '-O', 'metadata_csum,metadata_csum_seed,64bit']],
    ['no journal', ['-O', '^has_journal']],
    ['64 KiB blocks', ['-F', '-b', '65536']],
  ];
  for (const [name, args] of kinds)
    it(`is what dumpe2fs and e2mmpstatus read: ${name}`, async () => {
      using lun = makeExt4(['-L', 'ost-7', ...args]);
      await compare(lun.image);
    });

  async function compare(path: string): Promise<void> {
    const { state, ext4, mmp } = await readMmp(here, path);
    const dumped = fieldsOf(run('dumpe2fs', ['-h', path]));
    assert.equal(state, 'clean');
    assert.equal(ext4?.uuid, dumped.get('Filesystem UUID'));
    assert.equal(ext4?.label, dumped.get('Filesystem volume name'));
    assert.equal(String(ext4?.blockBytes), dumped.get('Block size'));
    assert.equal(String(ext4?.updateIntervalS), dumped.get('MMP update interval'));
    assert.equal(String(ext4!.mmpOffset! / ext4!.blockBytes), dumped.get('MMP block number'));
    const status = fieldsOf(run('e2mmpstatus', ['-i', path]));
    assert.equal(`0x${mmp?.sequence.toString(16)}`, status.get('mmp_sequence'));
    assert.equal(String(mmp!.timeMs! / 1000), status.get('mmp_update_time'));
    assert.equal(mmp?.nodeName, status.get('mmp_node_name'));
    assert.equal(String(mmp?.checkIntervalS), status.get('mmp_check_interval'));
    assert.ok(status.get('mmp_device_name')?.startsWith(mmp!.deviceName), 'as much of the name as there is room for');
  }

  it('is not protected without the feature', async () => {
    using lun = makeLun('mke2fs', ['-q', '-t', 'ext4']);
    assert.equal(await stateOf(lun.image), 'no-mmp');
  });

  it('is damaged when cut short or with a bit flipped, and named as what it is', async () => {
    using lun = makeExt4();
    const whole = await readMmp(here, lun.image);
    await overwrite(lun.image, whole.ext4!.mmpOffset! + 0x10, Buffer.from('x!'));
    assert.equal((await readMmp(here, lun.image)).damage?.kind, 'checksum');
    truncateSync(lun.image, whole.ext4!.mmpOffset!);
    assert.deepEqual((await readMmp(here, lun.image)).damage?.kind, 'truncated');
    await overwrite(lun.image, 1024 + 0x14, Buffer.from('x'));
    assert.equal((await readMmp(here, lun.image)).damage?.at, 'superblock');
  });

  it('reads past the page cache, where a copy of an hour ago may lie', async () => {
    using lun = makeExt4();
    const [one, other] = [lun.attach(), lun.attach()];
    const { ext4 } = await readMmp(here, other);
    // Kept open: the last one to close a device takes its cache along.
    await using cached = await open(other);
    const sequence = async (): Promise<number> =>
      (await cached.read(Buffer.alloc(4), 0, 4, ext4!.mmpOffset! + 4)).buffer.readUInt32LE(0);
    assert.equal(await sequence(), 0xff4d4d50);
    const at = lun.mount(one);
    assert.equal(await stateOf(other), 'active-or-crashed');
    assert.equal(await sequence(), 0xff4d4d50, 'what is cached still says clean');
    lun.unmount(at);
    assert.equal(await stateOf(other), 'clean');
  });
});

describePeer('another format', ['root', 'mkfs.xfs'], () => {
  it('is named', async () => {
    using lun = makeLun('mkfs.xfs', ['-q'], 320 * 1024 * 1024);
    const { state, damage } = await readMmp(here, lun.image);
    assert.deepEqual([state, damage?.text], ['not-ext4', 'no ext4 but XFS']);
  });
});

/** A machine of its own by its name: what it runs there is in another namespace of names. */
function named(name: string, processes: Processes): Processes {
  const run: Processes['run'] = (command, args, options) =>
    processes.run('unshare', ['--uts', 'sh', '-c', `hostname ${name} && exec "$@"`, 'sh', command, ...args], options);
  return { ...processes, run };
}

async function uses(device: string) {
  const { machine, ...own } = await usesOf(here, device);
  assert.deepEqual(machine, { name: hostname(), boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() });
  return own;
}

describePeer('protection at work', ['root', 'mke2fs', 'sshd'], () => {
  // Side by side: what takes time is waiting.
  describe('seen and changed', parallel, () => {
    owners();
    changes();
  });
});

function owners(): void {
  it('tells who is active from who died, and how long a mount takes', async () => {
    using lun = makeExt4();
    const [one, other] = [lun.attach(), lun.attach()];
    lun.mount(one);
    // The first write with the intervals of the mount.
    await wait(1500);
    using dead = lun.crashed();
    const path = dead.attach();
    const [mounted, crashed] = await Promise.all([readMmp(here, other), readMmp(here, path)]);
    assert.deepEqual([mounted.state, crashed.state], ['active-or-crashed', 'active-or-crashed']);
    assert.equal(mounted.ext4?.needsRecovery, true);
    assert.equal(mounted.mmp?.deviceName, one.replace('/dev/', ''));

    const waits = mountWaitOf(mounted);
    assert.deepEqual(waits, { refusedAfterS: 11, mountsAfterS: 22 });
    const [active, stale, refusedS] = await Promise.all([firstOf(other), firstOf(path), refusedMount(lun, other)]);
    assert.deepEqual([active.activity, stale.activity], ['active', 'stale']);
    assert.ok(stale.stillMs >= 11_000 && stale.stillMs < 13_000, `${stale.stillMs} ms`);
    assert.ok(active.stillMs === 0 && refusedS >= 11, `refused after ${refusedS} s`);

    const beganMs = systemClock.monotonicMs();
    const back = await systemProcesses.run('mount', ['-t', 'ext4', path, dead.mountPoint()]);
    const mountedS = (systemClock.monotonicMs() - beganMs) / 1000;
    if (back.exitCode === 0) run('umount', [path]);
    assert.equal(back.exitCode, 0, back.errorText);
    assert.ok(mountedS >= 22 && mountedS < 30, `mounted after ${mountedS} s`);
    assert.equal(await stateOf(path), 'clean');
  });

  /** The first word that is no “undecided”. */
  async function firstOf(device: string) {
    for await (const watched of watchMmp(here, device, AbortSignal.timeout(30_000)))
      if (watched.activity !== 'undecided') return watched;
    return assert.fail('it ends only by the signal');
  }

  it('lists who uses it, in every namespace', async () => {
    using lun = makeExt4();
    const [one, other] = [lun.attach(), lun.attach()];
    assert.deepEqual(await uses(one), { mounts: [], holders: [], claim: 'free' });
    const at = lun.mount(one);
    assert.deepEqual(await uses(one), { mounts: [at], holders: [], claim: 'busy' });
    assert.deepEqual(await uses(other), { mounts: [], holders: [], claim: 'free' });
    lun.unmount(at);
    const inside = `mount -t ext4 ${one} ${at} && echo ready && exec sleep 20`;
    const hidden = systemProcesses.stream('unshare', ['-m', '--propagation', 'private', 'sh', '-c', inside]);
    for await (const _ of hidden.output) {
      assert.deepEqual(await uses(one), { mounts: [at], holders: [], claim: 'busy' });
      break;
    }
    await hidden.ended.catch(() => undefined);
  });
}

function changes(): void {
  const paths = (device: string) => [{ host: here, device }];
  const alone = async (action: 'enable' | 'disable' | 'clear', device: string) =>
    planMmp({
      action,
      reading: await readMmp(here, device),
      paths: [{ host: 'local', device }],
      isAlone: true,
    });

  it('switches it off and on again, with another host asked over ssh', async () => {
    using lun = makeExt4();
    await using sshd = await startSshd();
    const [one, other] = [lun.attach(), lun.attach()];
    const own = ssh.sshProcesses(systemProcesses, sshd.address());
    const far: MmpHost = { ...here, name: 'far', processes: named('far', own) };
    const both = [...paths(one), { host: far, device: other }];
    const known = both.map(({ host, device }) => ({ host: host.name, device }));
    const plan = async (action: 'enable' | 'disable') =>
      planMmp({ action, reading: await readMmp(far, other), paths: known, isAlone: false });

    const self = [...paths(one), { host: { ...far, processes: own }, device: other }];
    await assert.rejects(executeMmp(await plan('disable'), { paths: self }), {
      code: 'refused',
      message: /far is the same machine as local/,
    });
    const off = await executeMmp(await plan('disable'), { paths: both });
    assert.deepEqual([off.before.state, off.after.state], ['clean', 'no-mmp']);
    const enable = await plan('enable');
    const at = lun.mount(other);
    await assert.rejects(executeMmp(enable, { paths: both }), { code: 'refused', message: /mounted on/ });
    lun.unmount(at);
    const on = await executeMmp(enable, { paths: both });
    assert.equal(on.after.state, 'clean');
    assert.equal(await stateOf(other), 'clean');
  });

  it('sees a mount through another device of the same image, without being told of it', async () => {
    using lun = makeExt4();
    const [one, other] = [lun.attach(), lun.attach()];
    const disable = await alone('disable', one);
    lun.mount(other);
    await assert.rejects(alone('disable', one), { code: 'refused', message: /it is mounted/ });
    await assert.rejects(executeMmp(disable, { paths: paths(one) }), {
      code: 'refused',
      message: /it is active-or-crashed now/,
    });
    const clear = await alone('clear', one);
    const execution = { paths: paths(one), override: 'nobody has it, I am sure' };
    await assert.rejects(executeMmp(clear, execution), { code: 'refused', message: /somebody has it/ });
    assert.equal(await stateOf(one), 'active-or-crashed');
  });

  it('clears the mark of a check that died, after which it mounts', async () => {
    using lun = makeExt4(['-O', '^metadata_csum']);
    await markChecked(lun);
    const device = lun.attach();
    assert.equal(await stateOf(device), 'fsck');
    assert.ok((await refusedMount(lun, device)) < 5, 'refused at once');
    await assert.rejects(alone('disable', device), { code: 'refused', message: /at work/ });
    const { after } = await executeMmp(await alone('clear', device), { paths: paths(device) });
    assert.equal(after.state, 'clean');
    lun.unmount(lun.mount(device));
  });
}
