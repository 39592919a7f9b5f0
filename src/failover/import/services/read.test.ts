import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { describePeer } from '../../../../test/peers.ts';
import { AppError } from '../../../base/errors.ts';
import { type Processes, systemProcesses } from '../../../host.ts';
import { nodeFiles } from './node-files.ts';
import { readServices } from './read.ts';
import { ACCOUNTS, readSample, type SampleFile, sampleSystem, shortly } from './sample-system.ts';

type Files = Record<string, SampleFile>;

const HTTPD: Files = {
  '/etc/init.d/httpd': '. /etc/sysconfig/httpd\n$httpd $OPTIONS\n',
  '/etc/httpd/conf/httpd.conf': 'ServerRoot "/etc/httpd"\nListen 80\ninclude conf.d/*.conf\n',
  '/usr/sbin/httpd': '',
  '/usr/bin/wget': '',
};
const NGINX: Files = {
  '/etc/init.d/nginx': '/usr/sbin/nginx\n',
  '/etc/nginx/nginx.conf': 'events { }\n',
  '/usr/sbin/nginx': '',
};
const NAMED: Files = {
  ...ACCOUNTS,
  '/etc/init.d/bind9': '. /etc/default/bind9\n/usr/sbin/named $OPTIONS\n',
  '/etc/default/bind9': 'OPTIONS="-u bind"\n',
  '/etc/bind/named.conf': '# here\noptions { directory "/var"; };\nzone "localhost" { file "x"; };\n',
  '/etc/rndc.key': '',
  '/usr/sbin/named': '',
  '/usr/bin/host': '',
  '/usr/sbin/rndc': '',
};
const RSYNC: Files = {
  '/etc/init.d/rsync': 'rsync --daemon\n',
  '/etc/rsyncd.conf': 'pid file=/var/run/rsyncd.pid\n',
  '/usr/bin/rsync': '',
};
const VSFTPD: Files = {
  '/etc/init.d/vsftpd': 'vsftpd\n',
  '/etc/vsftpd.conf': 'listen=YES\nbackground=YES\n',
  '/usr/sbin/vsftpd': '',
};
const POSTFIX: Files = {
  '/etc/init.d/postfix': 'postfix start\n',
  '/etc/postfix/main.cf': 'multi_instance_enable = no\n',
  '/etc/postfix/master.cf': '#smtp inet n - y\nsmtp inet n - n - - smtpd\n  -o x=y\n',
  '/usr/sbin/postfix': '',
  '/usr/sbin/postconf': '',
};

describe('services that run the same', () => {
  for (const [script, files, params] of [
    ['httpd', HTTPD, { httpd: '/usr/sbin/httpd', configfile: '/etc/httpd/conf/httpd.conf' }],
    [
      'httpd',
      { ...HTTPD, '/etc/sysconfig/httpd': 'OPTIONS="-DX -D Y"\nHTTPD=/usr/sbin/httpd.worker\n' },
      {
        httpd: '/usr/sbin/httpd.worker',
        configfile: '/etc/httpd/conf/httpd.conf',
        options: '-DX -D Y',
      },
    ],
    ['nginx', NGINX, { httpd: '/usr/sbin/nginx', configfile: '/etc/nginx/nginx.conf' }],
    [
      'nginx',
      { ...NGINX, '/etc/sysconfig/nginx': 'NGINX_CONF_FILE=/srv/n.conf\n', '/srv/n.conf': '' },
      {
        httpd: '/usr/sbin/nginx',
        configfile: '/srv/n.conf',
      },
    ],
    ['bind9', NAMED, { named: '/usr/sbin/named', named_config: '/etc/bind/named.conf', named_user: 'bind' }],
    ['rsync', RSYNC, { binpath: '/usr/bin/rsync', conffile: '/etc/rsyncd.conf' }],
    ['vsftpd', VSFTPD, { binpath: 'vsftpd', conffile: '/etc/vsftpd.conf' }],
    ['postfix', POSTFIX, { binary: '/usr/sbin/postfix' }],
  ] as readonly (readonly [string, Files, Record<string, string>])[])
    it(`${script} with ${Object.keys(params).join(', ')}`, async () => {
      assert.deepEqual(shortly(await readSample(script, files)), params);
    });
});

describe('services that are not known to', () => {
  for (const [script, files, more, doubt] of [
    ['httpd', HTTPD, { '/etc/sysconfig/httpd': 'OPTIONS="-f /srv/x"\n' }, /httpd:1 sets more than -D/],
    ['httpd', HTTPD, { '/etc/sysconfig/httpd': 'export LD_LIBRARY_PATH=/x\n' }, /sets LD_LIBRARY_PATH/],
    ['httpd', HTTPD, { '/etc/apache2/apache2.conf': '' }, /both are there/],
    [
      'httpd',
      HTTPD,
      { '/etc/httpd/conf.d/a.conf': 'RewriteRule ^ https://x/\n' },
      /conf\.d\/a\.conf:1 \(RewriteRule\)/,
    ],
    ['httpd', HTTPD, { '/etc/httpd/conf.d/a.conf': 'Include conf.d/a.conf\n' }, /in a circle/],
    ['nginx', NGINX, { '/etc/default/nginx': 'DAEMON_OPTS="-c /x"\n' }, /sets DAEMON_OPTS/],
    ['nginx', NGINX, { '/etc/nginx/nginx.conf': 'daemon off;\n' }, /nginx\.conf:1: it stays in the foreground/],
    [
      'nginx',
      NGINX,
      { '/etc/nginx/nginx.conf': { kind: 'unreadable', why: 'no right to read it' } },
      /no right to read it/,
    ],
    [
      'nginx',
      NGINX,
      { '/etc/sysconfig/nginx': 'NGINX_CONF_FILE="/srv/a b"\n', '/srv/a b': '' },
      /configfile .* characters/,
    ],
    ['bind9', NAMED, { '/etc/default/bind9': 'OPTIONS="-u bind -t /j"\n' }, /option beside -u/],
    ['bind9', NAMED, { '/etc/default/bind9': 'RESOLVCONF=no\n' }, /as which user it runs/],
    [
      'bind9',
      NAMED,
      { '/etc/bind/named.conf': 'options { listen-on { 10.0.0.1; }; };' },
      /\(listen-on\) leaves out 127\.0\.0\.1/,
    ],
    ['bind9', NAMED, { '/etc/bind/named.conf': 'zone "site" { };' }, /no zone localhost/],
    ['bind9', NAMED, { '/etc/bind/named.conf': '/* view */ view "a" { zone "localhost" {}; };' }, /it has views/],
    ['bind9', NAMED, { '/etc/bind/named.conf': 'include "/etc/bind/named.conf";' }, /in a circle/],
    ['bind9', NAMED, { '/etc/bind/named.conf': 'include "/etc/none";' }, /:1 includes a file that is not there/],
    ['bind9', NAMED, { '/etc/bind/named.conf': 'zone "localhost" { file "x"' }, /a statement has no end/],
    ['rsync', RSYNC, { '/etc/init.d/rsync': 'RSYNC_ENABLE=false\n' }, /rsync:1: with this the script starts nothing/],
    ['rsync', RSYNC, { '/etc/default/rsync': "RSYNC_OPTS='--port 1'\n" }, /sets RSYNC_OPTS/],
    ['rsync', RSYNC, { '/etc/rsyncd.conf': '#pid file=/run/x\n' }, /0 lines with "pid file"/],
    ['vsftpd', VSFTPD, { '/etc/vsftpd/b.conf': '' }, /there are 2 configurations/],
    ['vsftpd', VSFTPD, { '/etc/vsftpd.conf': 'listen=NO\n' }, /listen=YES.*background=YES/],
    [
      'postfix',
      POSTFIX,
      { '/etc/postfix/master.cf': 'smtp inet n - - - - smtpd\n' },
      /master\.cf:1: it runs in a jail/,
    ],
    [
      'postfix',
      POSTFIX,
      { '/etc/postfix/main.cf': 'multi_instance_enable = yes\n' },
      /main\.cf:1: .* several instances/,
    ],
  ] as readonly (readonly [string, Files, Files, RegExp])[])
    it(`${script}: ${doubt.source}`, async () => {
      const reading = await readSample(script, { ...files, ...more });
      assert.equal(reading.kind, 'kept');
      assert.match(shortly(reading).toString(), doubt);
    });

  it('nginx: a unit that the site has changed, unlike a packaged one', async () => {
    const changed = await readSample('nginx', { ...NGINX, '/etc/systemd/system/nginx.service.d/own.conf': '' });
    assert.match(shortly(changed).toString(), /nginx\.service\.d is there, .*--systemd nginx/);
    const packaged = await readSample('nginx', { ...NGINX, '/lib/systemd/system/nginx.service': '' });
    assert.ok(packaged.kind === 'agent' && packaged.care.some((each) => /--systemd nginx/.test(each)));
  });

  it('as no file can tell, are not read at all', async () => {
    const read = await readServices(
      ['slapd', 'nfs', 'dhcpd', 'asterisk', 'of-the-site', '__proto__'],
      [sampleSystem({})],
    );
    assert.deepEqual(read, {});
  });
});

describe('the files of a running system', () => {
  const signal = new AbortController().signal;

  it('are read with their rights, listed, and told from those that are not there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-services-'));
    try {
      const files = nodeFiles({ name: 'here', processes: systemProcesses }, signal);
      writeFileSync(join(folder, "it's"), 'ünïcode\n\n');
      chmodSync(join(folder, "it's"), 0o640);
      symlinkSync('nowhere', join(folder, '.hidden'));
      mkdirSync(join(folder, 'empty'));
      const sight = await files.read(join(folder, "it's"));
      assert.ok(sight.kind === 'read' && sight.file.text === 'ünïcode\n\n' && sight.file.mode === 0o640);
      assert.deepEqual(await files.read(join(folder, 'none')), { kind: 'absent' });
      assert.equal((await files.read(join(folder, 'empty'))).kind, 'unreadable');
      const listed = await files.list(folder);
      assert.deepEqual(listed.kind === 'read' && [...listed.names].toSorted(), ['.hidden', 'empty', "it's"]);
      assert.deepEqual(await files.list(join(folder, 'empty')), { kind: 'read', names: [] });
      assert.deepEqual(await files.list(join(folder, 'none')), { kind: 'absent' });
      assert.deepEqual([await files.isThere(folder), await files.isThere(join(folder, 'none'))], [true, false]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('are not taken for absent when the host goes away', async () => {
    const gone = new AppError('host-unreachable', { detail: 'oss01: timed out' });
    const processes: Processes = {
      run: async () => Promise.reject(gone),
      stream: () => assert.fail('nothing is streamed'),
    };
    await assert.rejects(readServices(['mysqld'], [nodeFiles({ name: 'oss01', processes }, signal)]), gone);
  });
});

describePeer('the files of a running system, without rights', ['root'], () => {
  it('are told as that', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-services-'));
    try {
      chmodSync(folder, 0o755);
      mkdirSync(join(folder, 'closed'), { mode: 0o700 });
      const nobody: Processes = {
        ...systemProcesses,
        run: (command, args, options) =>
          systemProcesses.run(
            'setpriv',
            ['--reuid=65534', '--regid=65534', '--clear-groups', command, ...args],
            options,
          ),
      };
      const files = nodeFiles({ name: 'here', processes: nobody }, new AbortController().signal);
      assert.equal((await files.read(join(folder, 'closed/x'))).kind, 'unreadable');
      assert.equal((await files.list(join(folder, 'closed'))).kind, 'unreadable');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
