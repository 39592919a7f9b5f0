import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { ACCOUNTS, readSample, type SampleFile, shortly } from './sample-system.ts';

const SAFE = `#!/bin/sh
# for MariaDB
  DATADIR=$MY_BASEDIR_VERSION/data
  DATADIR=/var/lib/mysql
safe_mysql_unix_port=\${mysql_unix_port:-\${MYSQL_UNIX_PORT:-/run/mysqld/mysqld.sock}}
`;
const SYSTEM: Record<string, SampleFile> = {
  ...ACCOUNTS,
  '/etc/init.d/mysqld': '#!/bin/sh\nexec=/usr/bin/mysqld_safe\n$exec --datadir="$datadir" --user=mysql &\n',
  '/usr/bin/mysqld_safe': SAFE,
  '/usr/bin/mysql': '',
};

async function paramsOf(cnf: string, more: Record<string, SampleFile> = {}) {
  return shortly(await readSample('mysqld', { ...SYSTEM, '/etc/my.cnf': cnf, ...more }));
}

async function paramOf(name: string, cnf: string, more: Record<string, SampleFile> = {}): Promise<string> {
  const params = await paramsOf(cnf, more);
  assert.ok(!Array.isArray(params), inspect(params));
  return (params as Record<string, string>)[name]!;
}

async function doubtsOf(cnf: string, more: Record<string, SampleFile> = {}): Promise<readonly string[]> {
  const doubts = await paramsOf(cnf, more);
  assert.ok(Array.isArray(doubts), inspect(doubts));
  return doubts;
}

describe('option files of MySQL', () => {
  it('are read in any spelling', async () => {
    for (const [line, datadir] of [
      ['datadir=/srv/db', '/srv/db'],
      ['  datadir = "/srv/db"  # the shared disk', '/srv/db'],
      ["datadir\t=\t'/srv/db#1'", '/srv/db#1'],
      ['loose_datadir=/srv/db', '/srv/db'],
      ['datadir=/srv\\\\db', '/srv\\db'],
    ] as const) {
      const read = await readSample('mysqld', { ...SYSTEM, '/etc/my.cnf': `; old\n\n[mysqld]\n${line}\n` });
      if (/^[\w/]+$/.test(datadir)) assert.equal((shortly(read) as Record<string, string>)['datadir'], datadir, line);
      // Such a path cannot be handed over, and is not shown either.
      else assert.match(shortly(read).toString(), /datadir \(\/etc\/my\.cnf:4\) has characters/, line);
    }
    assert.equal(await paramOf('pid', '[mysqld_safe]\npid_file = own.pid\n[mysqld]\ndatadir=/d\n'), '/d/own.pid');
    assert.equal(await paramOf('log', '[mysqld]\nlog_error = site\ndatadir=/d\n'), '/d/site.err');
  });

  it('count by their groups: of the server the last, and before it those of mysqld_safe', async () => {
    assert.equal(await paramOf('datadir', '[mysqld]\ndatadir=/a\n[client]\ndatadir=/x\n[server]\ndatadir=/b\n'), '/b');
    assert.equal(await paramOf('socket', '[mysqld_safe]\nsocket=/s\n[mysqld]\nsocket=/t\n'), '/s');
    const mariadb = '[mysqld]\ndatadir=/a\n[mariadb]\ndatadir=/b\n';
    assert.equal(await paramOf('datadir', mariadb), '/b');
    const mysql = { '/usr/bin/mysqld_safe': SAFE.replace('MariaDB', 'MySQL') };
    assert.equal(await paramOf('datadir', mariadb, mysql), '/a');
  });

  it('include others at their place, folders by the order of names', async () => {
    const cnf = '[mysqld]\ndatadir=/a\n!includedir /etc/my.cnf.d/\n!include /etc/absent.cnf\nuser=dba\n';
    const more = {
      '/etc/my.cnf.d/20.cnf': '[server]\ndatadir=/twenty\n',
      '/etc/my.cnf.d/10.cnf': '[server]\ndatadir=/ten\n!include /etc/deep\n',
      '/etc/my.cnf.d/30.txt': '[server]\ndatadir=/no\n',
      '/etc/deep': '[mysqld]\nsocket=/deep.sock\n',
    };
    assert.deepEqual(await paramsOf(cnf, more), {
      binary: '/usr/bin/mysqld_safe',
      client_binary: '/usr/bin/mysql',
      config: '/etc/my.cnf',
      datadir: '/twenty',
      user: 'dba',
      group: 'dbas',
      socket: '/deep.sock',
      pid: '/var/run/mysqld/mysqld.pid',
      log: '/twenty/mysqld.err',
    });
  });

  it('that leave something out are completed by what mysqld_safe was built with', async () => {
    const params = await paramsOf('[mysqld]\n', { '/var/log/mysql/old': '' });
    assert.deepEqual(params, {
      binary: '/usr/bin/mysqld_safe',
      client_binary: '/usr/bin/mysql',
      config: '/etc/my.cnf',
      datadir: '/var/lib/mysql',
      user: 'mysql',
      group: 'mysql',
      socket: '/run/mysqld/mysqld.sock',
      pid: '/var/run/mysqld/mysqld.pid',
      log: '/var/log/mysql/error.log',
    });
    const unknown = await doubtsOf('[mysqld]\n', { '/usr/bin/mysqld_safe': '#!/bin/sh\n' });
    assert.match(unknown.join('\n'), /tells the datadir\n.*tells the socket/);
  });

  it('hold secrets, and none of them is kept', async () => {
    const cnf = `[client]\nuser=root\npassword="secret1"\n[mysqld]\nmaster-password=secret2\nwsrep_sst_auth=a:secret1\ndatadir=/d\nsecret1\n`;
    for (const more of ['', 'sock=/secret2\n', 'data-dir=/secret1\n']) {
      const reading = await readSample('mysqld', { ...SYSTEM, '/etc/my.cnf': cnf + more });
      assert.equal(reading.kind, more === '' ? 'agent' : 'kept');
      assert.doesNotMatch(inspect(reading, { depth: 9 }), /secret[12]/);
    }
  });
});

describe('the script of MySQL is kept', () => {
  const cases: readonly (readonly [string, string, Record<string, SampleFile>, RegExp])[] = [
    ['two files', '[mysqld]\n', { '/etc/mysql/my.cnf': '[mysqld]\ndatadir=/b\n' }, /reads \/etc\/my\.cnf and/],
    ['a file of its home', '[mysqld]\n', { '/etc/mysql/.my.cnf': '' }, /\.my\.cnf is there/],
    ['a file beside the data', '[mysqld]\n', { '/var/lib/mysql/my.cnf': '' }, /\/var\/lib\/mysql\/my\.cnf is there/],
    ['a circle', '[mysqld]\n!include /etc/my.cnf\n', {}, /\/etc\/my\.cnf:2 includes files in a circle, too/],
    ['an abbreviation', '[mysqld]\ndatad=/b\n', {}, /\/etc\/my\.cnf:2 may be meant for datadir/],
    ['an odd name', '[mysqld]\ndata-dir=/b\n', {}, /\/etc\/my\.cnf:2 may be meant for datadir/],
    ['one version', '[mysqld-5.5]\ndatadir=/b\n', {}, /my\.cnf:2 sets datadir for one version/],
    ['no group', 'datadir=/b\n', {}, /my\.cnf:1 stands in no group/],
    ['a broken group', '[mysqld\ndatadir=/b\n', {}, /my\.cnf:1 is neither a group nor an include/],
    ['rights of root', '[mysqld]\nopen_files_limit=65536\n', {}, /open-files-limit, for which .* root/],
    ['a port of root', '[mysqld]\nport=306\n', {}, /port that only root/],
    ['a priority of root', '[mysqld_safe]\nnice=-5\n', {}, /priority that only root/],
    ['Galera', '[galera]\nwsrep_on=ON\n', {}, /ocf:heartbeat:galera/],
    ['a jail', '[mysqld]\nchroot=/jail\n', {}, /sets chroot/],
    ['no such user', '[mysqld]\nuser=nobody\n', {}, /no user nobody/],
    [
      'an unreadable include',
      '[mysqld]\n!include /etc/x\n',
      { '/etc/x': { kind: 'unreadable', why: 'no right to read it' } },
      /\/etc\/x: no right/,
    ],
    [
      'one that its user may not read',
      '[mysqld]\n!include /etc/x\n',
      { '/etc/x': { mode: 0o640 } },
      /\/etc\/x may not be read by mysql/,
    ],
    [
      'its own datadir',
      '[mysqld]\n',
      { '/etc/init.d/mysqld': 'datadir=/srv/x\nmysqld_safe' },
      /mysqld:1 sets datadir itself/,
    ],
    [
      'its own file',
      '[mysqld]\n',
      { '/etc/init.d/mysqld': 'mysqld_safe --defaults-file=/srv/my.cnf' },
      /sets defaults-file itself/,
    ],
    ['another program', '[mysqld]\n', { '/etc/init.d/mysqld': 'docker start mysqld' }, /does not start mysqld_safe/],
    [
      'settings',
      '[mysqld]\n',
      { '/etc/sysconfig/mysqld': 'MYSQL_HOME="/srv"\n' },
      /sysconfig\/mysqld:1 sets MYSQL_HOME/,
    ],
    ['code in settings', '[mysqld]\n', { '/etc/default/mysqld': 'if true; then\n' }, /mysqld:1 is more than a setting/],
  ];
  for (const [name, cnf, more, doubt] of cases)
    it(`with ${name}`, async () => assert.match((await doubtsOf(cnf, more)).join('\n'), doubt));

  it('where something is not there', async () => {
    for (const [path, doubt] of [
      ['/etc/init.d/mysqld', /no \/etc\/init\.d\/mysqld/],
      ['/usr/bin/mysqld_safe', /no \/usr\/bin\/mysqld_safe or/],
      ['/usr/bin/mysql', /no \/usr\/bin\/mysql or/],
      ['/etc/passwd', /\/etc\/passwd is not there/],
      ['/etc/my.cnf', /neither \/etc\/my\.cnf nor/],
    ] as const) {
      const { [path]: _, ...rest } = { ...SYSTEM, '/etc/my.cnf': '[mysqld]\n' } as Record<string, SampleFile>;
      const reading = await readSample('mysqld', rest);
      assert.match(shortly(reading).toString(), doubt, path);
    }
  });

  it('where it decides and differs between the nodes, and not where only the place of it does', async () => {
    const at = (cnf: string) => ({ ...SYSTEM, '/etc/my.cnf': cnf });
    const differs = await readSample(
      'mysqld',
      at('[mysqld]\ndatadir=/a\nlog-error=/l\n'),
      at('[mysqld]\nlog-error=/l\ndatadir=/b\n'),
    );
    assert.deepEqual(shortly(differs), ['datadir is /a on oss01 (/etc/my.cnf:2) and /b on oss02 (/etc/my.cnf:3)']);
    const same = await readSample('mysqld', at('[mysqld]\ndatadir=/a\n'), at('\n\n[server]\ndatadir="/a"\n'));
    assert.equal(same.kind, 'agent');
    assert.equal(same.readOn, 'oss01 and oss02');
    const one = await readSample('mysqld', at('[mysqld]\n'), SYSTEM);
    assert.match(shortly(one).toString(), /on oss02, neither/);
  });
});
