/**
 * What the import derives from a service's own configuration, run by the real agent: it has to be the same service on the
 * same data as before. The system is a folder; the agent sees its configuration in the place of this machine's.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, it } from 'node:test';
import { cib } from '../../src/cluster.ts';
import { runHoldfast } from '../cli/in-process.ts';
import { describePeer, requirePeer } from '../peers.ts';

const AGENTS = '/usr/lib/ocf/resource.d/heartbeat';
const STEP_MS_MAX = 120_000;
const NOT_RUNNING = 7;
const HA_CF = 'node oss01 oss02\nbcast eth0\nauto_failback off\n';

/** A folder with the system of one node, and what the import made of its only service. */
class System {
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-service-'));
  #agent = '';
  #params: Readonly<Record<string, string>> = {};

  constructor() {
    chmodSync(this.folder, 0o755);
    mkdirSync(join(this.folder, 'run'));
  }

  put(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** As the machine's package has it. */
  copy(...paths: string[]): void {
    for (const path of paths) cpSync(path, join(this.folder, path), { recursive: true, dereference: true });
  }

  /** Imports it as a whole system. @returns the plan as it is told, with the files that would be written */
  async import(service: string): Promise<string> {
    this.put('etc/ha.d/ha.cf', HA_CF);
    this.put('etc/ha.d/haresources', `oss01 ${service}\n`);
    this.put('etc/ha.d/authkeys', 'auth 1\n1 sha1 NotTheRealKey\n');
    mkdirSync(join(this.folder, 'etc/ha.d/resource.d'), { recursive: true });
    const to = join(this.folder, 'new');
    const made = await runHoldfast(['ha', 'import', this.folder, '--to', to], { HOLDFAST_CONFIG: '/nonexistent' });
    const text = readFileSync(join(to, 'cib.xml'), 'utf8');
    const resources = cib.readCib(cib.parseXml(text, 'cib.xml')).resources;
    const primitive = [...cib.everyResource(resources)].find(
      (each) => each.kind === 'primitive' && each.id === service,
    );
    assert.ok(primitive?.kind === 'primitive' && primitive.agent !== undefined, made.text);
    this.#agent = cib.formatAgent(primitive.agent);
    this.#params = Object.fromEntries(
      primitive.params.flatMap(({ values }) => values.map(({ name, value }) => [name, value ?? ''] as const)),
    );
    return made.text + made.stderr + text;
  }

  get agent(): string {
    return this.#agent;
  }

  get params(): Readonly<Record<string, string>> {
    return this.#params;
  }

  /** Exit code of the agent, with this system's folders in the place of the machine's. */
  act(action: string, ...shown: string[]): number {
    const binds = shown.map((path) => `mount --bind '${this.folder}${path}' '${path}'`);
    const env = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      OCF_ROOT: '/usr/lib/ocf',
      OCF_RESOURCE_INSTANCE: 'service',
      OCF_RESKEY_CRM_meta_timeout: `${STEP_MS_MAX}`,
      ...Object.fromEntries(Object.entries(this.#params).map(([name, value]) => [`OCF_RESKEY_${name}`, value])),
    };
    const script = [...binds, `exec ${AGENTS}/${this.#agent.split(':').at(-1)} ${action}`].join(' && ');
    const args = ['--mount', '--propagation', 'private', 'sh', '-c', script];
    // Services go on in the background: an output of ours that they inherit would never end.
    return spawnSync('unshare', args, { env, stdio: 'ignore', timeout: STEP_MS_MAX }).status ?? -1;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

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

function accountOf(user: string): { uid: number; gid: number } {
  const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user)!;
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}
