/**
 * What the import derives from a service's own configuration, run by the real agent: it has to be the same service on the
 * same data as before. The system is a folder; the agent sees its configuration in the place of this machine's.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, it } from 'node:test';
import { describePeer, requirePeer } from '../peers.ts';
import { accountOf, freePort, NOT_RUNNING, STEP_MS_MAX, System } from './service-system.ts';

describePeer(
  'the agent of MySQL, with what was read of my.cnf',
  ['root', 'namespaces', 'ocf-tester', 'mariadbd'],
  () => {
    const system = new System();
    const { folder } = system;
    const datadir = join(folder, 'srv/db');
    const shown = ['/etc/mysql'];
    const query = (sql: string): string =>
      execFileSync('mysql', ['--no-defaults', '-S', join(folder, 'run/own.sock'), '-N', '-e', sql], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: STEP_MS_MAX,
      }).trim();

    before(() => {
      system.copy('/etc/mysql', '/etc/init.d/mariadb', '/etc/passwd', '/etc/group');
      system.copy('/usr/bin/mysqld_safe', '/usr/bin/mysql');
      system.put(
        'etc/mysql/conf.d/site.cnf',
        '[client]\npassword = secret1\n[mysqld]\nskip-networking\n!include /etc/mysql/place\n',
      );
      system.put(
        'etc/mysql/place',
        `[server]\ndatadir="${datadir}" # on the shared disk\nsocket=${folder}/run/own.sock\npid_file=${folder}/run/own.pid\n`,
      );
      // Read after it, and would win.
      const packaged = join(folder, 'etc/mysql/mariadb.conf.d/50-server.cnf');
      writeFileSync(packaged, readFileSync(packaged, 'utf8').replace(/^pid-file.*$/m, ''));
      const { uid, gid } = accountOf('mysql');
      for (const path of [datadir, join(folder, 'run')]) {
        mkdirSync(path, { recursive: true });
        chownSync(path, uid, gid);
      }
      const options = ['--no-defaults', `--datadir=${datadir}`, '--user=mysql'];
      execFileSync('mariadb-install-db', [...options, '--skip-test-db'], { stdio: 'ignore', timeout: STEP_MS_MAX });
      execFileSync(requirePeer('mariadbd'), [...options, '--bootstrap'], {
        input:
          "create database site;\ncreate table site.t (v text) engine=innodb;\ninsert into site.t values ('kept');\n",
        stdio: ['pipe', 'ignore', 'ignore'],
        timeout: STEP_MS_MAX,
      });
    });
    after(() => {
      if (system.agent !== '') system.act('stop', ...shown);
      system[Symbol.dispose]();
    });

    it('is given the datadir of an included file, and no secret is told', async () => {
      const told = await system.import('mariadb');
      assert.equal(system.agent, 'ocf:heartbeat:mysql');
      assert.equal(system.params['datadir'], datadir);
      assert.match(told, /datadir:\s+\/etc\/mysql\/place:2/);
      assert.doesNotMatch(told, /secret1/);
    });

    it('accepts its parameters', () => assert.equal(system.act('validate-all', ...shown), 0));

    it('serves the database that was there, and stops it', () => {
      assert.equal(system.act('monitor', ...shown), NOT_RUNNING);
      assert.equal(system.act('start', ...shown), 0);
      assert.equal(system.act('monitor', ...shown), 0);
      assert.equal(query('select v from site.t'), 'kept');
      assert.equal(query('select @@datadir'), `${datadir}/`);
      assert.equal(query('select @@skip_networking'), '1');
      assert.equal(system.act('stop', ...shown), 0);
      assert.equal(system.act('monitor', ...shown), NOT_RUNNING);
      assert.throws(() => query('select 1'));
    });
  },
);

describePeer('the agent of nginx, with what was read of it', ['root', 'namespaces', 'ocf-tester', 'nginx'], () => {
  const system = new System();
  const { folder } = system;
  const shown = ['/etc/nginx'];
  const page = (): string =>
    spawnSync('curl', ['-s', '--unix-socket', `${folder}/run/web.sock`, 'http://localhost/'], {
      encoding: 'utf8',
      timeout: STEP_MS_MAX,
    }).stdout;

  before(() => {
    system.copy('/etc/init.d/nginx', '/etc/default/nginx', '/usr/sbin/nginx');
    system.put('srv/www/index.html', 'the page of the site\n');
    system.put(
      'etc/nginx/nginx.conf',
      `pid ${folder}/run/nginx.pid;\nerror_log ${folder}/error.log;\nuser root;\nevents { }\n` +
        `http { access_log off; server { listen unix:${folder}/run/web.sock; root ${folder}/srv/www; } }\n`,
    );
  });
  after(() => {
    if (system.agent !== '') system.act('stop', ...shown);
    system[Symbol.dispose]();
  });

  it('serves the pages of the site, and not those of another program', async () => {
    await system.import('nginx');
    assert.equal(system.agent, 'ocf:heartbeat:nginx');
    assert.equal(system.act('monitor', ...shown), NOT_RUNNING);
    assert.equal(system.act('start', ...shown), 0);
    assert.equal(system.act('monitor', ...shown), 0);
    assert.equal(page(), 'the page of the site\n');
    assert.equal(system.act('stop', ...shown), 0);
    assert.equal(page(), '');
  });
});

describePeer('the agent of rsync, with what was read of it', ['root', 'namespaces', 'ocf-tester', 'rsync'], () => {
  const system = new System();
  const { folder } = system;
  const shown = ['/run'];
  let port = 0;
  const files = (): string =>
    spawnSync('rsync', ['--list-only', `rsync://127.0.0.1:${port}/site/`], { encoding: 'utf8', timeout: STEP_MS_MAX })
      .stdout;

  before(async () => {
    port = await freePort();
    system.copy('/etc/init.d/rsync', '/usr/bin/rsync');
    system.put('srv/site/kept', '');
    system.put('etc/default/rsync', `RSYNC_ENABLE=true\nRSYNC_CONFIG_FILE=${folder}/rsyncd.conf\n`);
    system.put(
      'rsyncd.conf',
      `pid file = /run/own.pid\naddress = 127.0.0.1\nport = ${port}\nuse chroot = no\n[site]\npath = ${folder}/srv/site\n`,
    );
    // The tree has the file at the path that its own settings name.
    system.copy(`${folder}/rsyncd.conf`);
  });
  after(() => {
    if (system.agent !== '') system.act('stop', ...shown);
    system[Symbol.dispose]();
  });

  it('serves the modules of the file that the settings name', async () => {
    await system.import('rsync');
    assert.equal(system.agent, 'ocf:heartbeat:rsyncd');
    assert.equal(system.params['conffile'], `${folder}/rsyncd.conf`);
    assert.equal(system.act('validate-all', ...shown), 0);
    assert.equal(system.act('monitor', ...shown), NOT_RUNNING);
    assert.equal(system.act('start', ...shown), 0);
    assert.equal(system.act('monitor', ...shown), 0);
    assert.match(files(), / kept$/m);
    assert.equal(system.act('stop', ...shown), 0);
    assert.equal(files(), '');
    assert.equal(existsSync(join(folder, 'run/own.pid')), false);
  });
});

describePeer('the agent of Apache, with what was read of it', ['root', 'namespaces', 'ocf-tester', 'apache2'], () => {
  const system = new System();
  const { folder } = system;
  const shown = ['/etc/apache2'];
  let port = 0;
  const page = (): string =>
    spawnSync('curl', ['-s', `http://127.0.0.1:${port}/`], { encoding: 'utf8', timeout: STEP_MS_MAX }).stdout;

  before(async () => {
    port = await freePort();
    system.copy('/etc/apache2', '/etc/init.d/apache2', '/usr/sbin/apache2', '/usr/bin/curl');
    // Without it the agent would not find the Listen of ports.conf, and the script would be kept.
    const main = join(folder, 'etc/apache2/apache2.conf');
    writeFileSync(main, `ServerRoot /etc/apache2\n${readFileSync(main, 'utf8')}`);
    system.put('srv/www/index.html', 'the page of the site\n');
    system.put('etc/apache2/ports.conf', `Listen 127.0.0.1:${port}\nServerName localhost\n`);
    const site = `DocumentRoot ${folder}/srv/www\n<Directory ${folder}>\nRequire all granted\n</Directory>\n`;
    system.put('etc/apache2/sites-enabled/000-default.conf', site);
    const names = ['RUN_USER=www-data', 'RUN_GROUP=www-data', `PID_FILE=${folder}/run/own.pid`];
    const folders = ['RUN_DIR', 'LOCK_DIR', 'LOG_DIR'].map((name) => `${name}=${folder}/run`);
    system.put('etc/apache2/envvars', [...names, ...folders].map((each) => `export APACHE_${each}\n`).join(''));
  });
  after(() => {
    if (system.agent !== '') system.act('stop', ...shown);
    system[Symbol.dispose]();
  });

  it('serves the pages of the site by its own settings', async () => {
    await system.import('apache2');
    assert.equal(system.agent, 'ocf:heartbeat:apache');
    assert.equal(system.act('validate-all', ...shown), 0);
    assert.equal(system.act('monitor', ...shown), NOT_RUNNING);
    assert.equal(system.act('start', ...shown), 0);
    assert.equal(existsSync(`${folder}/run/own.pid`), true);
    assert.equal(system.act('monitor', ...shown), 0);
    assert.equal(page(), 'the page of the site\n');
    assert.equal(system.act('stop', ...shown), 0);
    assert.equal(page(), '');
  });
});

describePeer(
  'the agent of PostgreSQL, with what was read of it',
  ['root', 'namespaces', 'ocf-tester', 'pg_ctlcluster'],
  () => {
    const system = new System();
    const { folder } = system;
    const shown = ['/etc/postgresql'];
    const version = readdirSync('/usr/lib/postgresql').toSorted().at(-1)!;
    const programs = `/usr/lib/postgresql/${version}/bin`;
    const query = (sql: string): string =>
      execFileSync('runuser', ['-u', 'postgres', '--', 'psql', '-h', `${folder}/run`, '-p', '5999', '-tAc', sql], {
        cwd: '/',
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: STEP_MS_MAX,
      }).trim();

    before(() => {
      system.copy('/etc/init.d/postgresql', '/etc/passwd', '/etc/group', `${programs}/pg_ctl`, '/usr/bin/psql');
      // The system has the folder under the path that its configuration names.
      mkdirSync(join(folder, dirname(folder)), { recursive: true });
      symlinkSync('/', join(folder, folder));
      const { uid, gid } = accountOf('postgres');
      for (const path of ['srv', 'run']) {
        mkdirSync(join(folder, path), { recursive: true });
        chownSync(join(folder, path), uid, gid);
      }
      const as = (command: string, args: readonly string[], input = ''): void => {
        const all = ['-u', 'postgres', '--', `${programs}/${command}`, ...args];
        execFileSync('runuser', all, { cwd: '/', input, stdio: ['pipe', 'ignore', 'ignore'], timeout: STEP_MS_MAX });
      };
      as('initdb', ['-D', `${folder}/srv/db`, '-A', 'trust', '--no-sync']);
      const sql = "create table t (v text);\ninsert into t values ('kept');\n";
      as('postgres', ['--single', '-D', `${folder}/srv/db`, 'postgres'], sql);
      const cluster = `etc/postgresql/${version}/site`;
      system.put(`${cluster}/start.conf`, 'auto\n');
      system.put(
        `${cluster}/postgresql.conf`,
        `data_directory = '${folder}/srv/db'\nlisten_addresses = ''\ninclude_dir 'conf.d'\n`,
      );
      system.put(`${cluster}/conf.d/site.conf`, `unix_socket_directories = '${folder}/run, ${folder}/srv'\n`);
      writeFileSync(join(folder, 'srv/db/postgresql.auto.conf'), "port = '5999'\n");
    });
    after(() => {
      if (system.agent !== '') system.act('stop', ...shown);
      system[Symbol.dispose]();
    });

    it('serves the database that was there, at the port that ALTER SYSTEM set', async () => {
      await system.import('postgresql');
      assert.equal(system.agent, 'ocf:heartbeat:pgsql');
      assert.deepEqual([system.params['pgdata'], system.params['pgport']], [`${folder}/srv/db`, '5999']);
      assert.equal(system.act('validate-all', ...shown), 0);
      assert.equal(system.act('monitor', ...shown), NOT_RUNNING);
      assert.equal(system.act('start', ...shown), 0);
      assert.equal(system.act('monitor', ...shown), 0);
      assert.equal(query('select v from t'), 'kept');
      assert.equal(query('show data_directory'), `${folder}/srv/db`);
      assert.equal(system.act('stop', ...shown), 0);
      assert.equal(system.act('monitor', ...shown), NOT_RUNNING);
    });
  },
);
