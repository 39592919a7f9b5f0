import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ACCOUNTS, readSample, type SampleFile, shortly } from './sample-system.ts';

const HBA = '# TYPE DATABASE USER METHOD\nlocal all postgres peer\n';
const DATA = '/var/lib/postgresql/15/main';
const MAIN = '/etc/postgresql/15/main';
const CONF = `data_directory = '${DATA}'\t# where\nhba_file = '${MAIN}/pg_hba.conf'\nport = 5433\nunix_socket_directories = '/run/pg'\n`;
const DEBIAN: Record<string, SampleFile> = {
  ...ACCOUNTS,
  '/etc/init.d/postgresql': '#!/bin/sh\npg_ctlcluster\n',
  [`${MAIN}/postgresql.conf`]: CONF,
  [`${MAIN}/start.conf`]: '# how\nauto\n',
  [`${MAIN}/pg_hba.conf`]: HBA,
  [`${MAIN}/pg_ctl.conf`]: "# none\npg_ctl_options = ''\n",
  [`${MAIN}/environment`]: '# none\n',
  [`${DATA}/PG_VERSION`]: '15\n',
  [`${DATA}/postgresql.auto.conf`]: '# by ALTER SYSTEM\n',
  '/usr/lib/postgresql/15/bin/pg_ctl': '',
  '/usr/bin/psql': '',
};
const RED_HAT: Record<string, SampleFile> = {
  ...ACCOUNTS,
  '/etc/init.d/postgresql': 'PGPORT=5432\nPGDATA=/var/lib/pgsql/data\n$PGENGINE/postmaster -p "$PGPORT"\n',
  '/var/lib/pgsql/data/postgresql.conf': '#port = 5433\n',
  '/var/lib/pgsql/data/PG_VERSION': '9.2\n',
  '/var/lib/pgsql/data/pg_hba.conf': HBA,
  '/usr/bin/pg_ctl': '',
  '/usr/bin/psql': '',
};

async function read(system: Record<string, SampleFile>, more: Record<string, SampleFile> = {}) {
  return shortly(await readSample('postgresql', { ...system, ...more }));
}

describe('PostgreSQL of Debian', () => {
  const params = {
    pgctl: '/usr/lib/postgresql/15/bin/pg_ctl',
    psql: '/usr/bin/psql',
    pgdata: DATA,
    config: `${MAIN}/postgresql.conf`,
    pgdba: 'postgres',
    pgport: '5433',
    socketdir: '/run/pg',
    logfile: '/var/log/postgresql/postgresql-15-main.log',
  };

  it('is the cluster that is started by itself', async () => {
    assert.deepEqual(await read(DEBIAN), params);
    const other = { '/etc/postgresql/13/old/start.conf': 'manual\n', '/etc/postgresql-common/x': '' };
    assert.deepEqual(await read(DEBIAN, other), params);
  });

  it('is read in any spelling, with what it includes, and what ALTER SYSTEM set comes last', async () => {
    const conf = `Data_Directory '${DATA}'\nPORT=1\ninclude_dir 'conf.d'\ninclude_if_exists = 'no.conf'\nhba_file='${MAIN}/pg_hba.conf'\n`;
    const more = {
      [`${MAIN}/postgresql.conf`]: conf,
      [`${MAIN}/conf.d/b.conf`]: 'port = 5440\n',
      [`${MAIN}/conf.d/a.conf`]: 'port = 5439\n',
      [`${MAIN}/conf.d/c.off`]: 'port = 1\n',
    };
    const { socketdir: _, ...without } = params;
    assert.deepEqual(await read(DEBIAN, more), { ...without, pgport: '5440' });
    const altered = { [`${DATA}/postgresql.auto.conf`]: "port = '5450'\n" };
    assert.deepEqual(await read(DEBIAN, { ...more, ...altered }), { ...without, pgport: '5450' });
  });

  const kept: readonly (readonly [string, Record<string, SampleFile>, RegExp])[] = [
    ['there are several', { '/etc/postgresql/13/old/start.conf': 'auto\n' }, /several clusters \(13\/old, 15\/main\)/],
    ['there is none', { [`${MAIN}/start.conf`]: 'disabled\n' }, /no cluster that is started by itself/],
    [
      'its data is not mounted',
      { [`${MAIN}/postgresql.conf`]: "data_directory='/srv/x'" },
      /\/srv\/x .* no database now/,
    ],
    ['it has an environment', { [`${MAIN}/environment`]: 'A=1\n' }, /environment sets something/],
    ['it has options', { [`${MAIN}/pg_ctl.conf`]: "pg_ctl_options = '-m'\n" }, /pg_ctl\.conf sets something/],
    [
      'an include is missing',
      { [`${MAIN}/postgresql.conf`]: `${CONF}include 'x'\n` },
      /:5 includes .*\/x, which is not there/,
    ],
    ['it includes itself', { [`${MAIN}/postgresql.conf`]: `${CONF}include 'postgresql.conf'\n` }, /in a circle/],
    [
      'it has no socket',
      { [`${MAIN}/postgresql.conf`]: `${CONF}unix_socket_directories=''\n` },
      /names no folder for a socket/,
    ],
    [
      'a password is asked for',
      { [`${MAIN}/pg_hba.conf`]: `local "all" "all" md5\n${HBA}` },
      /pg_hba\.conf:1 .*password/,
    ],
    [
      'nobody may log in there',
      { [`${MAIN}/pg_hba.conf`]: 'host all all all trust\n' },
      /does not let postgres log in/,
    ],
  ];
  for (const [name, more, doubt] of kept)
    it(`stays a script where ${name}`, async () => assert.match((await read(DEBIAN, more)).toString(), doubt));
});

describe('PostgreSQL of Red Hat', () => {
  it('is where the script says, or its settings', async () => {
    const params = (await read(RED_HAT)) as Record<string, string>;
    assert.deepEqual([params['pgdata'], params['pgport']], ['/var/lib/pgsql/data', '5432']);
    const moved = {
      '/etc/sysconfig/pgsql/postgresql': "export PGDATA='/srv/pg'\nPGLOG=/x\n",
      '/srv/pg/postgresql.conf': '',
      '/srv/pg/PG_VERSION': '9.2',
      '/srv/pg/pg_hba.conf': 'local all all ident sameuser\n',
    };
    const elsewhere = (await read(RED_HAT, moved)) as Record<string, string>;
    assert.deepEqual([elsewhere['pgdata'], elsewhere['config']], ['/srv/pg', '/srv/pg/postgresql.conf']);
  });

  it('stays a script where its port is another than that of the file, or its data not mounted', async () => {
    const port = { '/var/lib/pgsql/data/postgresql.conf': 'port = 5433\n' };
    assert.match(
      (await read(RED_HAT, port)).toString(),
      /port of \/etc\/init\.d\/postgresql:1, the agent with the one of \S+\/postgresql\.conf:1/,
    );
    const away = { '/etc/sysconfig/pgsql/postgresql': 'PGDATA=/srv/pg\n' };
    assert.match((await read(RED_HAT, away)).toString(), /\/srv\/pg .* has no postgresql\.conf now/);
    const computed = { '/etc/init.d/postgresql': 'PGDATA=$(x)\n' };
    assert.match((await read(RED_HAT, computed)).toString(), /does not say where the data is/);
    const options = { '/etc/sysconfig/pgsql/postgresql': 'PGOPTS="-c x"\n' };
    assert.match((await read(RED_HAT, options)).toString(), /sets PGOPTS/);
  });
});
