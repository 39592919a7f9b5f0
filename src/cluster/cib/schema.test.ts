import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppError } from '../../base/errors.ts';
import type { Cib } from './model.ts';
import { compareVersions, epochOf, isSchemaKnown, readCib } from './read.ts';
import { formatXml, parseXml } from './xml.ts';

const FIXTURES = new URL('../../../test/fixtures/cib/', import.meta.url);
const text = (name: string): string => readFileSync(new URL(`${name}.xml`, FIXTURES), 'utf8');
const cibOf = (configuration: string): Cib =>
  readCib(parseXml(`<cib validate-with="pacemaker-3.0"><configuration>${configuration}</configuration></cib>`, 'f'));

describe('the schema of a CIB', () => {
  it('is known from the first to the newest', () => {
    for (const name of [
      undefined,
      'none',
      'pacemaker-0.6',
      'pacemaker-1.2',
      'pacemaker-2.10',
      'pacemaker-3.9',
      'pacemaker-3.10',
    ])
      assert.ok(isSchemaKnown(name), `${name}`);
    for (const name of ['pacemaker-3.11', 'pacemaker-4.0', 'pacemaker-10.0', 'corosync', '', 'pacemaker-3'])
      assert.ok(!isSchemaKnown(name), name);
  });

  it('of the future is named, and the document can be kept and compared all the same', () => {
    const document = parseXml(text('future'), 'future.xml');
    assert.throws(
      () => readCib(document),
      (error) => {
        assert.ok(error instanceof AppError && error.code === 'config');
        assert.match(
          error.message,
          /future\.xml:1:1: the CIB is of the schema pacemaker-4\.2, which is not known here/,
        );
        assert.match(error.hint, /newer Holdfast/);
        return true;
      },
    );
    assert.deepEqual(epochOf(document), { adminEpoch: 1, epoch: 2, numUpdates: 3 });
    assert.equal(formatXml(document), text('future'));
  });

  it('matters only where there is a CIB', () => {
    assert.throws(
      () => readCib(parseXml('\n<crm_mon/>', 'x.xml')),
      /x\.xml:2:1: this is no CIB: it begins with <crm_mon>/,
    );
    assert.throws(() => epochOf(parseXml('<x/>', 'x.xml')), /no CIB/);
    assert.throws(() => readCib(parseXml('<cib/>', 'x.xml')), /there is no <configuration>/);
    assert.deepEqual(cibOf('').resources, []);
  });

  it('has versions of which one is newer', () => {
    const version = (adminEpoch: number, epoch: number, numUpdates: number) => ({ adminEpoch, epoch, numUpdates });
    const sorted = [version(0, 9, 9), version(1, 0, 0), version(1, 0, 3), version(1, 2, 0)];
    assert.deepEqual(sorted.toReversed().sort(compareVersions), sorted);
    assert.equal(compareVersions(version(1, 2, 3), version(1, 2, 3)), 0);
    assert.deepEqual(epochOf(parseXml('<cib epoch="x"/>', 'f')), version(0, 0, 0));
  });
});
