import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readServices } from './read.ts';
import { ACCOUNTS, readSample, type SampleFile, sampleSystem, shortly } from './sample-system.ts';

type Files = Record<string, SampleFile>;

const HTTPD: Files = {
  '/etc/init.d/httpd': '. /etc/sysconfig/httpd\n$httpd $OPTIONS\n',
  '/etc/httpd/conf/httpd.conf': 'ServerRoot "/etc/httpd"\nListen 80\ninclude conf.d/*.conf\n',
  '/usr/sbin/httpd': '',
  '/usr/bin/wget': '',
};
const { '/etc/httpd/conf/httpd.conf': _config, ...REST } = HTTPD;
const APACHE2: Files = {
  ...REST,
  '/etc/init.d/apache2': 'apache2ctl start\n',
  '/etc/apache2/apache2.conf': 'Include ports.conf\nIncludeOptional sites-enabled/*.conf\n',
  '/etc/apache2/ports.conf': 'Listen 80\n',
  '/etc/apache2/mods-enabled/status.load': '',
  '/usr/sbin/apache2': '',
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
    [
      'apache2',
      {
        ...APACHE2,
        '/etc/apache2/apache2.conf': 'ServerRoot /etc/apache2\nInclude ports.conf\n',
        '/etc/apache2/ports.conf': 'Listen 8080\n',
      },
      { httpd: '/usr/sbin/apache2', configfile: '/etc/apache2/apache2.conf' },
    ],
    ['apache2', APACHE2, { httpd: '/usr/sbin/apache2', configfile: '/etc/apache2/apache2.conf' }],
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
    ['bind9', NAMED, { '/etc/bind/named.conf': '{'.repeat(100_000) }, /more blocks inside each other/],
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

  it('apache2: mod_status, where the agent would turn it on', async () => {
    const { '/etc/apache2/mods-enabled/status.load': _, ...without } = APACHE2;
    assert.match(shortly(await readSample('apache2', without)).toString(), /mod_status is off/);
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

describe('whatever stands in the files', () => {
  const PIECES = [
    '[mysqld]',
    '[',
    'datadir=',
    '"',
    "'",
    '\\',
    '\n',
    '#',
    '!include ',
    '!includedir /etc',
    '/etc/x',
    'Include ',
    '*',
    '{',
    '}',
    ';',
    'zone',
    'pid file',
    '=',
    ' ',
    'local all all ',
    '/*',
    'x:0:0',
    'PGDATA=',
    '$(',
    'name',
  ];

  it('there is an answer', async () => {
    const systems = { httpd: HTTPD, nginx: NGINX, bind9: NAMED, rsync: RSYNC, vsftpd: VSFTPD, postfix: POSTFIX };
    const noise = fc
      .array(fc.oneof(fc.constantFrom(...PIECES), fc.string()), { maxLength: 30 })
      .map((all) => all.join(''));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.entries(systems)),
        fc.nat(),
        noise,
        async ([script, files], which, text) => {
          const path = Object.keys(files)[which % Object.keys(files).length]!;
          const reading = await readSample(script, { ...files, [path]: text, '/etc/x': text });
          assert.ok(reading.kind === 'agent' || reading.doubts.length > 0);
        },
      ),
    );
  });

  it('of many files that include each other, an end is found', async () => {
    const paths = Array.from({ length: 12 }, (_, at) => `/etc/httpd/conf.d/${at}.conf`);
    const all = Object.fromEntries(paths.map((path) => [path, 'Include conf.d/*.conf\n']));
    const reading = await readSample('httpd', { ...HTTPD, ...all });
    assert.match(shortly(reading).toString(), /too many/);
  });
});
