/** Against Pacemaker's own CIB code: cibadmin, crm_verify and crm_simulate on a file. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { describePeer } from '../../../test/peers.ts';
import { hasCode } from '../../base/errors.ts';
import { type Processes, simulated, systemClock, systemProcesses } from '../../host.ts';
import { epochOf } from '../cib/read.ts';
import { formatXml, parseXml } from '../cib/xml.ts';
import { readPacemaker } from '../pacemaker/read.ts';
import type { Seat } from '../pacemaker/tool.ts';
import { CibCopy } from './copy.ts';
import { readLiveCib, replaceConfiguration, verifyCib } from './document.ts';

const SCENARIO = new URL('../../../test/scenarios/failover/act-takeover-returning/cib.xml', import.meta.url).pathname;
const clock = systemClock;
const NO_WAY = 'CIB_file';

/** A machine on the way to which the environment is lost, as behind sudo(8), and whose "cluster" is a file. */
function seatOver(file: string, between: (args: readonly string[]) => Promise<void> = async () => {}): Seat {
  const run: Processes['run'] = async (command, args, options) => {
    const { env: _, ...rest } = options ?? {};
    await between([command, ...args]);
    return systemProcesses.run(command, args, { ...rest, env: { [NO_WAY]: file } });
  };
  return { name: 'oss1', processes: { run, stream: systemProcesses.stream } };
}

describePeer('the live CIB', ['crm_verify', 'crm_mon'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-cib-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  const fresh = (): string => {
    const file = join(folder, `cib-${count++}.xml`);
    writeFileSync(file, readFileSync(SCENARIO));
    return file;
  };
  const changed = (text: string) =>
    parseXml(text.replace('value="0"', 'value="500"').replace(/epoch="\d+"/g, 'epoch="3"'), 'new.xml');
  const attribute = async (file: string): Promise<void> => {
    const args = ['--name', 'batch-limit', '--update', '7'];
    assert.equal((await systemProcesses.run('crm_attribute', args, { env: { CIB_file: file } })).exitCode, 0);
  };

  it('gets another configuration, and keeps its status', async () => {
    const seat = seatOver(fresh());
    const before = await readLiveCib(seat, { clock });
    const status = /<status>[\s\S]*<\/status>/;
    const text = formatXml(before);
    const wanted = changed(text.replace(status, '<status/>'));
    await replaceConfiguration(seat, { wanted, base: { adminEpoch: 1, epoch: 20 } }, { clock });
    const after = formatXml(await readLiveCib(seat, { clock }));
    assert.match(after, /name="resource-stickiness" value="500"/);
    assert.ok(status.test(after) && after.includes('<lrm_resource'), 'the status is there');
    assert.match(after, /^<cib[^>]* admin_epoch="1"/m);
  });

  it('keeps what the cluster itself has written, where a file that was built lacks it', async () => {
    const file = fresh();
    const own = '<nvpair id="cib-bootstrap-options-dc-version" name="dc-version" value="2.1.5"/>';
    const set = `<cluster_property_set id="cib-bootstrap-options">${own}</cluster_property_set>`;
    const text = readFileSync(file, 'utf8').replace('</crm_config>', `${set}</crm_config>`);
    writeFileSync(file, text);
    const seat = seatOver(file);
    const { dc } = await readPacemaker(seat, { clock });
    const built = text.replace(/<nodes>[\s\S]*<\/nodes>/, '<nodes/>').replace(set, '');
    const base = { adminEpoch: 1, epoch: 20 };
    await replaceConfiguration(seat, { wanted: changed(built), base }, { clock });
    const after = readFileSync(file, 'utf8');
    assert.equal(after.split(own).length, 2, 'once');
    assert.match(after, /name="resource-stickiness" value="500"/);
    assert.deepEqual([dc?.name, (await readPacemaker(seat, { clock })).dc], ['oss1', dc]);
    // What the file says of them counts.
    const other = built.replace('<nodes/>', '<nodes><node id="2" uname="oss2" description="new"/></nodes>');
    await replaceConfiguration(seat, { wanted: changed(other), base: epochOf(parseXml(after, file)) }, { clock });
    assert.deepEqual(
      [...readFileSync(file, 'utf8').matchAll(/<node [^>]*>/g)].map(([node]) => node),
      ['<node id="2" uname="oss2" description="new"/>', '<node id="1" uname="oss1"/>'],
    );
  });

  it('is not overwritten when another has changed it', async () => {
    const file = fresh();
    const wanted = changed(readFileSync(file, 'utf8'));
    await attribute(file);
    const replacing = replaceConfiguration(seatOver(file), { wanted, base: { adminEpoch: 1, epoch: 20 } }, { clock });
    await assert.rejects(replacing, (e) => hasCode(e, 'refused') && /is 1\.21, and was 1\.20/.test(e.message));
    assert.match(readFileSync(file, 'utf8'), /batch-limit/);
  });

  it('nor in the instant between reading and writing', async () => {
    const file = fresh();
    const wanted = changed(readFileSync(file, 'utf8'));
    let isDone = false;
    const seat = seatOver(file, async ([, option]) => {
      if (option !== '--replace' || isDone) return;
      isDone = true;
      await attribute(file);
    });
    const replacing = replaceConfiguration(seat, { wanted, base: { adminEpoch: 1, epoch: 20 } }, { clock });
    await assert.rejects(replacing, (e) => hasCode(e, 'refused') && /changed by another/.test(e.message));
    assert.ok(isDone);
    assert.match(readFileSync(file, 'utf8'), /batch-limit/);
    assert.doesNotMatch(readFileSync(file, 'utf8'), /value="500"/);
  });

  it('is checked by crm_verify', async () => {
    const seat = seatOver(fresh());
    const live = await readLiveCib(seat, { clock });
    assert.deepEqual(await verifyCib(seat, live, { clock }), []);
    const bad = parseXml(formatXml(live).replace('rsc="g1"', 'rsc="nothing"'), 'bad.xml');
    assert.match((await verifyCib(seat, bad, { clock })).join(), /nothing|not valid/);
  });

  it('has a copy that can be tried on, whatever is lost on the way', async () => {
    const file = fresh();
    const seat = seatOver(file);
    const before = readFileSync(file, 'utf8');
    await using copy = await CibCopy.make(seat, await readLiveCib(seat, { clock }), { clock });
    const run = (...argv: [string, ...string[]]) => copy.seat.processes.run(argv[0], argv.slice(1));
    assert.equal((await run('crm_resource', '--move', '--resource', 'g2', '--node', 'oss1')).exitCode, 0);
    assert.deepEqual(await copy.settle(), []);
    assert.match(formatXml(await readLiveCib(copy.seat, { clock })), /cli-prefer-g2/);
    assert.equal(readFileSync(file, 'utf8'), before, 'the cluster has not noticed');
    await assert.rejects(run('no-such-program'), (error) => hasCode(error, 'command-missing'));
    await copy[Symbol.asyncDispose]();
    assert.equal(existsSync(copy.file), false);
  });

  it('tells of nodes that would be fenced', async () => {
    const unclean = SCENARIO.replace('takeover-returning', 'takeover-unclean');
    const seat = seatOver(unclean);
    await using copy = await CibCopy.make(seat, parseXml(readFileSync(unclean, 'utf8'), 'cib.xml'), { clock });
    assert.deepEqual(await copy.settle(), ['oss2']);
  });

  it('cannot be copied where there is no room', async () => {
    const processes = simulated.scriptedProcesses(() => ({ exitCode: 1, errorText: 'No space left on device' }));
    const live = parseXml(readFileSync(SCENARIO, 'utf8'), 'cib.xml');
    const making = CibCopy.make({ name: 'oss1', processes }, live, { clock });
    await assert.rejects(making, (error) => hasCode(error, 'command-failed') && /No space left/.test(error.message));
    assert.equal(
      processes.calls[0]!.args.some((each) => each.includes('<cib')),
      false,
      'nothing of it is an argument',
    );
  });
});
