import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { makeExt4, makeLun } from '../../test/lun.ts';
import { describePeer } from '../../test/peers.ts';
import { systemClock } from '../host.ts';
import { openLedger } from '../ledger.ts';
import { command as clear } from './ha-mmp-clear.ts';
import { command as disable } from './ha-mmp-disable.ts';
import { command as enable } from './ha-mmp-enable.ts';
import { command as show } from './ha-mmp-show.ts';
import { command as watch } from './ha-mmp-watch.ts';
import { runProgram } from './program.ts';
import type { CommandSpec } from './spec.ts';

const TABLE = Object.fromEntries(
  Object.entries({ show, watch, enable, disable, clear }).map(([name, command]: [string, CommandSpec]) => {
    return [`ha mmp ${name}`, { section: 'S', summary: name, load: async () => command }];
  }),
);

const place = mkdtempSync(join(tmpdir(), 'holdfast-ha-mmp-'));
const CONFIG = join(place, 'holdfast.yaml');
writeFileSync(CONFIG, JSON.stringify({ stateDirectory: join(place, 'state') }), { mode: 0o600 });
after(() => rmSync(place, { recursive: true }));

/** One call, as a program would make it. */
async function ha(
  ...argv: string[]
): Promise<{ status: number; text: string; errors: string; records: Record<string, unknown>[] }> {
  const [out, err]: [string[], string[]] = [[], []];
  const sink = (chunks: string[]) => ({
    write(chunk: string | Uint8Array, written?: () => void): boolean {
      chunks.push(chunk.toString());
      if (written !== undefined) queueMicrotask(written);
      return true;
    },
  });
  const controller = new AbortController();
  const status = await runProgram(
    {
      argv: ['ha', 'mmp', ...argv],
      environment: { HOLDFAST_CONFIG: CONFIG },
      stdin: process.stdin,
      stdout: sink(out),
      stderr: sink(err),
      signal: controller.signal,
      stop: (reason) => controller.abort(reason),
      onHangup: () => undefined,
      version: '0.0.0',
      program: '/usr/bin/holdfast',
      loadClock: async () => systemClock,
    },
    TABLE,
  );
  const text = out.join('');
  const lines = argv.includes('--json') ? text.split('\n').filter((line) => line !== '') : [];
  return { status, text, errors: err.join(''), records: lines.map((line) => JSON.parse(line)) };
}

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
    const { status, records } = await ha('show', '--json', lun.image);
    assert.equal(status, 0);
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
    assert.match(some.errors, /warning: .*-none on local: no such device/);
    const none = await ha('show', missing);
    assert.equal(none.status, 1);
    truncateSync(lun.image, 1500);
    const damaged = await ha('show', lun.image);
    assert.equal(damaged.status, 1);
    assert.match(damaged.text, /DAMAGED[\s\S]*ends after 1500 bytes/);
  });

  it('watches for a time, and goes on where a device cannot be read', async () => {
    using lun = makeExt4();
    const { status, records } = await ha('watch', '--json', '--for', '2', lun.image, `${lun.image}-none`);
    assert.equal(status, 0);
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
    const { records } = await ha('disable', '-n', '--json', '--not-shared', lun.image);
    assert.deepEqual(records[0]!['command'], ['tune2fs', '-O', '^mmp', '--', lun.image]);
    assert.equal((await ha('show', '--json', lun.image)).records[0]!['has_mmp'], true);
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
    const { status, text, errors } = await ha('disable', lun.image);
    assert.equal(status, 20);
    assert.match(text, /\? .*no block device/);
    assert.match(errors, /nobody said which other hosts reach it/);
    assert.match(errors, /--host NAME=PATH/);
    using ledger = await openLedger({ directory: join(place, 'state'), readOnly: true });
    const [action] = ledger.actions();
    assert.deepEqual([action!.command, action!.target, action!.outcome], ['ha mmp disable', lun.image, 'refused']);
    assert.match(action!.verdict.join('\n'), /nobody said which other hosts reach it/);
    assert.equal((await ha('show', '--json', lun.image)).records[0]!['has_mmp'], true);
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
      const { status, errors } = await ha(...argv);
      assert.deepEqual([argv.join(' '), status], [argv.join(' '), 2]);
      assert.match(errors, message);
    }
  });
});
