import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mapScript } from './scripts.ts';

const OPTIONS = { lustreAgent: 'filesystem', scripts: {} } as const;

describe('services of init.d', () => {
  const mapped = (script: string, kind?: 'ocf' | 'init.d') =>
    mapScript(script, [], { ...OPTIONS, scripts: kind === undefined ? {} : { [script]: kind } });

  it('stay scripts, with word of the agent that there is', () => {
    for (const kind of [undefined, 'init.d'] as const) {
      const found = mapped('mysqld', kind);
      assert.ok(found.kind === 'agent' && found.agent === 'lsb:mysqld');
      assert.match(found.note, /ocf:heartbeat:mysql.*another datadir is another database.*--ocf mysqld/);
    }
    const own = mapped('of-the-site');
    assert.ok(own.kind === 'agent' && own.agent === 'lsb:of-the-site' && !/--ocf/.test(own.note));
  });

  it('become the agent that was asked for, where there is one', () => {
    const found = mapped('httpd', 'ocf');
    assert.ok(found.kind === 'agent' && found.agent === 'ocf:heartbeat:apache');
    assert.deepEqual(found.params, { configfile: '/etc/httpd/conf/httpd.conf' });
    assert.equal(mapped('of-the-site', 'ocf').kind, 'none');
  });

  const params = { httpd: { value: '/usr/sbin/nginx', from: 'it is there' } };
  const services = {
    nginx: { kind: 'agent', params, care: ['it is so'], readOn: 'oss01' },
    mysqld: { kind: 'kept', doubts: ['/etc/my.cnf: no right to read it'], readOn: 'oss01 and oss02' },
  } as const;
  const read = (script: string, kind?: 'ocf' | 'lsb' | 'systemd') =>
    mapScript(script, [], { ...OPTIONS, services, scripts: kind === undefined ? {} : { [script]: kind } });

  it('become the agent where a system tells that it runs the same', () => {
    const found = read('nginx');
    assert.ok(found.kind === 'agent' && found.agent === 'ocf:heartbeat:nginx');
    assert.deepEqual(found.params, { httpd: '/usr/sbin/nginx' });
    assert.match(found.note, /read on oss01\. httpd: it is there\. It is so\. See that the other node has the same/);
    const forced = read('nginx', 'ocf');
    assert.ok(forced.kind === 'agent' && /^As it was asked for, and it runs the same/.test(forced.note));
  });

  it('stay scripts where that is asked for, or it is not known', () => {
    for (const [script, kind, agent] of [
      ['nginx', 'lsb', 'lsb:nginx'],
      ['nginx', 'systemd', 'systemd:nginx'],
      ['mysqld', undefined, 'lsb:mysqld'],
      ['mysqld', 'ocf', 'ocf:heartbeat:mysql'],
    ] as const) {
      const found = read(script, kind);
      assert.ok(found.kind === 'agent' && found.agent === agent, `${script} ${kind}`);
      assert.equal(/read on oss01 and oss02: \/etc\/my\.cnf: no right/.test(found.note), script === 'mysqld');
    }
  });
});
