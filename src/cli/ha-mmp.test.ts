import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { recordsOf, runHoldfast } from '../../test/cli/in-process.ts';
import { makeExt4, makeLun } from '../../test/lun.ts';
import { describePeer } from '../../test/peers.ts';
import { systemClock } from '../host.ts';
import { openLedger } from '../ledger.ts';

const place = mkdtempSync(join(tmpdir(), 'holdfast-ha-mmp-'));
const CONFIG = join(place, 'holdfast.yaml');
writeFileSync(CONFIG, JSON.stringify({ stateDirectory: join(place, 'state') }), { mode: 0o600 });
after(() => rmSync(place, { recursive: true }));

const ha = (...words: string[]) => runHoldfast(['ha', 'mmp', ...words], { HOLDFAST_CONFIG: CONFIG });

describePeer('ha mmp', ['mke2fs'], () => {
  it('shows devices in a table, with what to do about them', async () => {
    using guarded = makeExt4(['-L', 'ost-7']);
    using bare = makeLun('mke2fs', ['-q', '-t', 'ext4']);
    const { status, text } = await ha('show', guarded.image, bare.image);
    assert.equal(status, 0);
    assert.match(text, /image +ost-7 +clean +\S+ \(.*\) +\S.*(ago|now) +no wait$/m);
    assert.match(text, /image +NO MMP +no wait, and no protection$/m);
    assert.match(text, /a second host can mount it at any time/);
  });

  it('gives programs every field', async () => {
    using lun = makeExt4(['-L', 'ost-7']);
    const shown = await ha('show', '--json', lun.image);
    const records = recordsOf(shown);
    assert.equal(shown.status, 0);
    const { uuid, time, node_name, device_name, ...rest } = records[0]!;
    assert.match(String(uuid), /^[0-9a-f-]{36}$/);
    assert.match(String(time), /^\d{4}-.*Z$/);
    assert.equal(typeof node_name, 'string');
    assert.equal(typeof device_name, 'string');
    assert.deepEqual(rest, {
      message_type: 'mmp',
      device: lun.image,
      state: 'clean',
      has_mmp: true,
      damage: null,
      label: 'ost-7',
      last_mounted: '',
      clean: true,
      needs_recovery: false,
      has_errors: false,
      sequence: 0xff4d4d50,
      check_interval_s: 5,
      update_interval_s: 1,
      mounts_after_s: 0,
      refused_after_s: null,
    });
    assert.deepEqual(records[1], { message_type: 'summary', devices: 1, unreadable: 0, damaged: 0 });
  });

  it('tells by its exit code what could not be read, and what is damaged', async () => {
    using lun = makeExt4();
    const missing = `${lun.image}-none`;
    const some = await ha('show', lun.image, missing);
    assert.equal(some.status, 3);
    assert.match(some.stderr, /warning: .*-none on local: no such device/);
    const none = await ha('show', missing);
    assert.equal(none.status, 1);
    truncateSync(lun.image, 1500);
    const damaged = await ha('show', lun.image);
    assert.equal(damaged.status, 1);
    assert.match(damaged.text, /DAMAGED[\s\S]*ends after 1500 bytes/);
  });

  it('watches for a time, and goes on where a device cannot be read', async () => {
    using lun = makeExt4();
    const watched = await ha('watch', '--json', '--for', '2', lun.image, `${lun.image}-none`);
    assert.equal(watched.status, 0);
    const records = recordsOf(watched);
    const activities = records.filter(({ message_type }) => message_type === 'mmp').map(({ activity }) => activity);
    assert.deepEqual(activities.sort(), ['clean', 'unreadable']);
    const devices = { [lun.image]: 'clean', [`${lun.image}-none`]: 'unreadable' };
    assert.deepEqual(records.at(-1), { message_type: 'summary', devices });
  });

  it('prints a plan, and with --dry-run does nothing else', async () => {
    using lun = makeExt4();
    const { status, text } = await ha('disable', '-n', '--host', 'oss2=/dev/sdc', lun.image);
    assert.equal(status, 0);
    assert.match(text, /\/dev\/sdc on oss2 is the same file system/);
    assert.match(text, /nobody writes its MMP block for 11 s/);
    assert.match(text, /then: tune2fs -O \^mmp -- \//);
    const records = recordsOf(await ha('disable', '-n', '--json', '--not-shared', lun.image));
    assert.deepEqual(records[0]!['command'], ['tune2fs', '-O', '^mmp', '--', lun.image]);
    assert.equal(recordsOf(await ha('show', '--json', lun.image))[0]!['has_mmp'], true);
  });

  it('has nothing to do where all is as wanted', async () => {
    using lun = makeExt4();
    for (const action of ['enable', 'clear']) {
      const { status, text } = await ha(action, '--not-shared', lun.image);
      assert.deepEqual([status, /nothing to do/.test(text)], [0, true]);
    }
  });

  it('refuses with exit code 20 what it cannot examine', async () => {
    using lun = makeExt4();
    const { status, text, stderr } = await ha('disable', lun.image);
    assert.equal(status, 20);
    assert.match(text, /\? .*no block device/);
    assert.match(stderr, /nobody said which other hosts reach it/);
    assert.match(stderr, /--host NAME=PATH/);
    using ledger = await openLedger({ directory: join(place, 'state'), readOnly: true });
    const [action] = ledger.actions();
    assert.deepEqual([action!.command, action!.target, action!.outcome], ['ha mmp disable', lun.image, 'refused']);
    assert.match(action!.verdict.join('\n'), /nobody said which other hosts reach it/);
    assert.equal(recordsOf(await ha('show', '--json', lun.image))[0]!['has_mmp'], true);
  });

  it('tells wrong usage', async () => {
    const cases: [string[], RegExp][] = [
      [['show', 'sdb'], /begins with a slash/],
      [['show', 'oss2:sdb'], /begins with a slash/],
      [['show', '-bad:/dev/sdb'], /unknown option/],
      [['enable', 'oss2:/dev/sdb'], /of this machine begins with a slash/],
      [['disable', '--host', 'a', '--not-shared', '/dev/sdb'], /exclude each other/],
      [['disable', '--host', 'a=/dev/x', '/dev/sdb', '/dev/sdc'], /for one device/],
      [['disable', '--host', 'local', '/dev/sdb'], /no other host/],
      [['disable', '--host', 'a b', '/dev/sdb'], /not a host name/],
      [['clear', '--override', ' ', '/dev/sdb'], /takes a reason/],
      [['disable', '--override', 'x', '/dev/sdb'], /unknown option|override/],
      [['show'], /device/],
    ];
    for (const [argv, message] of cases) {
      const { status, stderr } = await ha(...argv);
      assert.deepEqual([argv.join(' '), status], [argv.join(' '), 2]);
      assert.match(stderr, message);
    }
  });
});

describePeer('ha mmp watch', ['root', 'mke2fs'], () => {
  it('follows a device that is mounted and unmounted, and tells one that lives from one whose host died', async () => {
    using lun = makeExt4();
    const [one, other] = [lun.attach(), lun.attach()];
    const before = lun.mount(one);
    using crashed = lun.crashed();
    lun.unmount(before);
    const watching = ha('watch', '--json', '--for', '18', other, crashed.image);
    await systemClock.sleep(2000);
    const at = lun.mount(one);
    await systemClock.sleep(5000);
    lun.unmount(at);
    const { status, text, stderr } = await watching;
    assert.equal(status, 0, stderr);
    const of = (device: string): unknown[] =>
      recordsOf({ text })
        .filter((each) => each['message_type'] === 'mmp' && each['device'] === device)
        .map(({ activity }) => activity);
    assert.deepEqual(of(other), ['clean', 'active', 'clean']);
    assert.deepEqual(of(crashed.image), ['undecided', 'stale']);
    const stale = recordsOf({ text }).find(({ activity }) => activity === 'stale')!;
    assert.ok(Number(stale['still_s']) >= 11, String(stale['still_s']));
    assert.deepEqual(recordsOf({ text }).at(-1), {
      message_type: 'summary',
      devices: { [other]: 'clean', [crashed.image]: 'stale' },
    });
  });
});
