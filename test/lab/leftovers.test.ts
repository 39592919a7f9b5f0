/** Nothing of a lab stays behind: not when it is closed, and not when the process that had it was killed. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { errnoOf } from '../../src/base/errors.ts';
import { systemProcesses } from '../../src/host.ts';
import { describePeer } from '../peers.ts';
import { Lab } from './lab.ts';
import { LAB_PREFIX, processesOn, removeDeadLabs } from './leftovers.ts';
import { until } from './wait.ts';

const KINDS = ['net', 'mnt', 'uts', 'ipc', 'pid'];
const KILLED_LAB = fileURLToPath(new URL('./killed-lab.ts', import.meta.url));

describePeer('what labs leave behind', ['root', 'namespaces', 'mke2fs', 'ip'], () => {
  it('is nothing after closing: no namespace, process, mount, loop device or file', async () => {
    const networkBefore = readdirSync('/sys/class/net');
    await using lab = await Lab.open();
    const [a, b] = [lab.host('a'), lab.host('b')];
    const lun = await lab.lun('disk0', 16 * 1024 * 1024, ['a', 'b']);
    await Promise.all([a.boot(), b.boot()]);
    await a.must(['mount', lun.path, '/mnt']);
    await b.must(['sh', '-c', 'setsid sleep 600 </dev/null >/dev/null 2>&1 &']);
    const spaces = [a, b].flatMap(({ firstPid }) => KINDS.map((kind) => readlinkSync(`/proc/${firstPid}/ns/${kind}`)));
    assert.equal(new Set(spaces).size, 2 * KINDS.length);
    assert.ok(namespacesInUse().has(spaces[0]!), 'the search finds what is there');
    assert.ok(processesOn(lab.directory).length >= 3);
    assert.equal(loopFiles(lab.directory).length, 2);
    assert.deepEqual(readdirSync('/sys/class/net'), networkBefore, 'the network of the machine is left alone');
    await lab[Symbol.asyncDispose]();
    assert.deepEqual(processesOn(lab.directory), []);
    const left = namespacesInUse();
    assert.deepEqual(
      spaces.filter((space) => left.has(space)),
      [],
    );
    assert.deepEqual(loopFiles(lab.directory), []);
    assert.equal(existsSync(lab.directory), false);
    await assert.rejects(a.boot(), /host a is gone/);
  });

  it('dies with a killed owner, and what is left of it goes when the next lab opens', async () => {
    const { output, ended } = systemProcesses.stream(process.execPath, [KILLED_LAB]);
    const words = (await Readable.from(output).toArray()).join('').trim().split(' ');
    await assert.rejects(ended, /SIGKILL/);
    const [directory = '', firstPid = ''] = words;
    assert.ok(directory.startsWith(join(tmpdir(), LAB_PREFIX)), words.join());
    await until('its host is dead', () => processesOn(directory).length === 0, { limitMs: 5000 });
    assert.equal(existsSync(`/proc/${firstPid}/ns/net`), false);
    await using lab = await Lab.open();
    // Another lab that opened at the same time may be at it, under a name of its own.
    const isGone = () => !readdirSync(tmpdir()).some((name) => name.startsWith(basename(directory)));
    await until('it is gone', isGone, { limitMs: 10_000 });
    assert.deepEqual(loopFiles(directory), []);
    assert.ok(existsSync(lab.directory));
    assert.deepEqual((await removeDeadLabs()).includes(lab.directory), false, 'a living lab is left alone');
    assert.ok(existsSync(lab.directory));
  });

  it('knows a directory that nobody has signed from one that is just being made', async () => {
    const directory = mkdtempSync(join(tmpdir(), LAB_PREFIX));
    await removeDeadLabs();
    assert.ok(existsSync(directory));
    utimesSync(directory, 1, 1);
    await removeDeadLabs();
    assert.equal(existsSync(directory), false);
    rmSync(directory, { recursive: true, force: true });
  });
});

function loopFiles(directory: string): string[] {
  const files = readdirSync('/sys/block').map((name) => `/sys/block/${name}/loop/backing_file`);
  const texts = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
  return texts.filter((text) => text.includes(basename(directory)));
}

function namespacesInUse(): Set<string> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const links = pids.flatMap((pid) => KINDS.map((kind) => `/proc/${pid}/ns/${kind}`));
  const names = links.map((link) => {
    try {
      return readlinkSync(link);
    } catch (error) {
      // EACCES: a process of the machine's own that not even root may look at, where root is confined.
      if (!['ENOENT', 'ESRCH', 'EACCES'].includes(errnoOf(error) ?? '')) throw error;
      return '';
    }
  });
  return new Set(names);
}
