import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { describePeer } from '../../../test/peers.ts';
import { startProxy, startSshd } from '../../../test/sshd.ts';
import { AppError } from '../../base/errors.ts';
import { type Processes, ssh, systemClock, systemProcesses } from '../../host.ts';
import { lint } from './checks.ts';
import { type GatherRequest, gatherNode, readAnswer } from './gather.ts';
import { AUTHKEYS, HA_CF, HARESOURCES } from './sample-nodes.ts';

const SIGNAL = new AbortController().signal;
let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-lint-'));
  put('etc/ha.d/ha.cf', HA_CF);
  put('etc/ha.d/haresources', HARESOURCES);
  put('etc/ha.d/authkeys', AUTHKEYS, 0o600);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string, mode = 0o644): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

function gather(change: Partial<GatherRequest> = {}, processes: Processes = systemProcesses) {
  const place = { name: 'n', prefix: '', folder: join(root, 'etc/ha.d'), root };
  return gatherNode({ processes, clock: systemClock }, { ...place, signal: SIGNAL, ...change });
}

/** Processes whose every program prints this, or throws. */
function printing(output: string | AppError): Processes {
  return {
    run: async () => {
      if (output instanceof AppError) throw output;
      return { exitCode: 0, errorText: '', output: Buffer.from(output) };
    },
    stream: () => assert.fail('nothing is streamed'),
  };
}

describe('gathering', () => {
  it('reads the files of a system with modes and owners, and lists scripts and services', async () => {
    put('etc/fstab', 'ünïcode /mnt ext4\n');
    put('etc/mdadm/mdadm.conf', 'ARRAY /dev/md0\n');
    put('etc/hostname', '# name\noss01\n');
    put('etc/ha.d/resource.d/Filesystem', '', 0o755);
    put('etc/ha.d/resource.d/README', '', 0o644);
    put('etc/init.d/lustre', '', 0o755);
    mkdirSync(join(root, 'etc/rc3.d'));
    symlinkSync('../init.d/nowhere', join(root, 'etc/rc3.d/S75heartbeat'));
    symlinkSync('../init.d/nowhere', join(root, 'etc/rc3.d/K01old'));
    put('etc/systemd/system/multi-user.target.wants/sshd.service', '');
    const node = await gather();
    assert.equal(node.unreachable, undefined);
    assert.equal(node.hostName, 'oss01');
    assert.ok(node.haCf.kind === 'read' && node.haCf.content === HA_CF && node.haCf.mode === 0o644);
    assert.ok(
      node.authkeys.kind === 'read' && node.authkeys.mode === 0o600 && node.authkeys.uid === process.getuid?.(),
    );
    assert.ok(node.fstab.kind === 'read' && node.fstab.content === 'ünïcode /mnt ext4\n');
    assert.ok(node.mdadmConf.kind === 'read' && node.mdadmConf.path.endsWith('/etc/mdadm/mdadm.conf'));
    assert.deepEqual(node.scripts, { resource: new Set(['Filesystem']), init: new Set(['lustre']) });
    assert.deepEqual(node.bootServices, new Set(['sshd', 'heartbeat']));
    assert.equal(node.mmp, undefined);
    assert.doesNotMatch(inspect(node, { depth: 9 }), /q7Wv0mC2/);
  });

  it('tells what is not there from what nobody looked at', async () => {
    rmSync(join(root, 'etc/ha.d/authkeys'));
    const { authkeys, fstab, scripts, bootServices, hostName } = await gather();
    assert.deepEqual(
      [authkeys.kind, fstab.kind, scripts, bootServices, hostName],
      ['absent', 'absent', undefined, undefined, undefined],
    );
    const alone = await gather({ root: undefined, only: new Set(['ha.cf'] as const) });
    assert.deepEqual([alone.haCf.kind, alone.haresources.kind, alone.fstab.kind], ['read', 'unknown', 'unknown']);
  });

  it('keeps every byte of text, with any names of folders', async () => {
    for (const text of ['', '\n\n', 'no end', 'a\n\n\n', 'file haCf 644 0 3\nabc\n', '%s \\n $(id)\n']) {
      put("it's $(odd)/ha.cf", text);
      const { haCf } = await gather({ folder: join(root, "it's $(odd)"), root: undefined });
      assert.ok(haCf.kind === 'read' && haCf.content === text, JSON.stringify(text));
    }
  });

  it('takes neither pipes nor huge files for configuration', async () => {
    rmSync(join(root, 'etc/ha.d/ha.cf'));
    execFileSync('mkfifo', [join(root, 'etc/ha.d/ha.cf')]);
    put('etc/ha.d/haresources', 'x'.repeat(1024 * 1024 + 1));
    const { haCf, haresources } = await gather();
    assert.deepEqual([haCf.kind, haresources.kind], ['unreadable', 'unreadable']);
  });

  it('takes no text for what is left of a file when its zero bytes are gone', async () => {
    put('etc/ha.d/ha.cf', HA_CF.replace('deadtime', 'dead\0time'));
    put('etc/ha.d/haresources', '\0'.repeat(4096));
    put('etc/ha.d/authkeys', `${AUTHKEYS}\0`, 0o600);
    const { haCf, haresources, authkeys } = await gather();
    for (const found of [haCf, haresources, authkeys])
      assert.match(found.kind === 'unreadable' ? `${found.why} ${found.remedy}` : '', /^zero bytes .*other node/);
  });

  it('names a node that could not be asked, and knows nothing of it', async () => {
    const failures = [
      new AppError('host-unreachable', { detail: 'oss02: timed out' }),
      new AppError('command-timeout'),
    ];
    for (const failure of failures) {
      const node = await gather({}, printing(failure));
      assert.equal(node.unreachable, failure.message);
      assert.equal(node.haCf.kind, 'unknown');
    }
    for (const noise of ['Welcome!\n', 'file haCf 644 0 100\nshort', 'file haCf\n', 'absent haCf'])
      assert.match((await gather({}, printing(noise))).unreachable ?? '', /not what was asked for/, noise);
  });

  it('keeps what it read when a device hangs, and says why that was not examined', async () => {
    const hanging: Processes = {
      ...systemProcesses,
      run: (command, args, options) => {
        if (args.includes('/dev/md1')) throw new AppError('command-timeout', { detail: 'sh, after 20 s' });
        return systemProcesses.run(command, args, options);
      },
    };
    const node = await gather({ root: '/' }, hanging);
    assert.equal(node.unreachable, undefined);
    assert.equal(node.haCf.kind, 'read');
    const note = lint([node]).find(({ code }) => code === 'not-examined');
    assert.match(note?.text ?? '', /protection of \/dev\/md1.*took too long.*after 20 s/);
  });

  it('lets an interruption through', async () => {
    const stop = new AppError('interrupted');
    await assert.rejects(gather({}, printing(stop)), stop);
  });

  it('reads names with blanks', () => {
    assert.deepEqual(readAnswer(Buffer.from('resource a b\nlisted boot\n')).names, [
      ['resource', 'a b'],
      ['listed', 'boot'],
    ]);
  });
});

describePeer('gathering as somebody without rights', ['root'], () => {
  it('says of a file that may not be read just that', async () => {
    chmodSync(root, 0o755);
    const nobody: Processes = {
      ...systemProcesses,
      run: (command, args, options) =>
        systemProcesses.run('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', command, ...args], options),
    };
    const { authkeys, haCf } = await gather({}, nobody);
    assert.deepEqual([authkeys.kind, haCf.kind], ['unreadable', 'read']);
    chmodSync(join(root, 'etc/ha.d'), 0o700);
    assert.equal((await gather({}, nobody)).haCf.kind, 'unreadable');
  });
});

describePeer('gathering over ssh', ['sshd'], () => {
  it('reads the same as here', async () => {
    put('etc/fstab', 'ünïcode /mnt ext4\n');
    await using sshd = await startSshd();
    const far = ssh.sshProcesses(systemProcesses, sshd.address());
    assert.deepEqual(await gather({}, far), await gather());
  });

  it('looks at the devices of a running system', async () => {
    put('etc/ha.d/haresources', 'n1 Filesystem::/dev/null::/mnt::ext4 Filesystem::/dev/nosuch::/x::ext4\n');
    await using sshd = await startSshd();
    const far = ssh.sshProcesses(systemProcesses, sshd.address());
    const { mmp, mmpFailures, hostName } = await gather({ root: '/' }, far);
    assert.deepEqual(mmp, new Map());
    assert.match(mmpFailures!.get('/dev/nosuch')!, /no such device/);
    assert.match(mmpFailures!.get('/dev/null')!, /neither a block device/);
    assert.equal(hostName, execFileSync('uname', ['-n'], { encoding: 'utf8' }).trim());
  });

  it('names a host that refuses, is not there, or is cut', async () => {
    await using sshd = await startSshd();
    const refused = sshd.address({ identityFile: join(sshd.directory, 'stranger') });
    assert.match((await gather({}, ssh.sshProcesses(systemProcesses, refused))).unreachable ?? '', /refused/);
    await using proxy = await startProxy(sshd.port);
    proxy.cutAfter(2000);
    const cut = ssh.sshProcesses(systemProcesses, sshd.address({ port: proxy.port }));
    assert.match((await gather({}, cut)).unreachable ?? '', /could not be reached/);
    await sshd.stop();
    const gone = ssh.sshProcesses(systemProcesses, sshd.address());
    assert.match((await gather({}, gone)).unreachable ?? '', /could not be reached/);
  });
});

describePeer('gathering from devices', ['root', 'mke2fs', 'namespaces'], () => {
  it('tells filesystems with the feature from those without', async () => {
    const devices: string[] = [];
    try {
      for (const features of ['mmp', '^mmp']) {
        const image = join(root, `${devices.length}.img`);
        execFileSync('truncate', ['-s', '16M', image]);
        execFileSync('mke2fs', ['-q', '-t', 'ext4', '-O', features, image], { stdio: 'ignore' });
        devices.push(execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim());
      }
      const [on, off] = devices;
      const empty = join(root, 'empty.img');
      const cut = join(root, 'cut.img');
      copyFileSync(join(root, '0.img'), cut);
      truncateSync(cut, 1500);
      execFileSync('truncate', ['-s', '1M', empty]);
      const mounts = [...devices, empty, cut].map((device) => `n1 Filesystem::${device}::/mnt::ext4\n`);
      put('etc/ha.d/haresources', mounts.join(''));
      const { mmp, mmpFailures } = await gather({ root: '/' });
      const expected: [string, string][] = [
        [on!, 'on'],
        [off!, 'off'],
        [empty, 'not-ext4'],
      ];
      assert.deepEqual(new Map([...mmp!].sort()), new Map(expected.sort()));
      assert.deepEqual([...mmpFailures!.keys()], [cut]);
    } finally {
      for (const device of devices) execFileSync('losetup', ['--detach', device]);
    }
  });
});
