import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readCib } from '../cib/read.ts';
import { formatXml } from '../cib/xml.ts';
import { fencingSetting, LEASE_SET, pauseEdits, recheckOf, resumeEdits } from './lease.ts';
import { applyEdits, formatPatch } from './patch.ts';
import { sampleCib } from './sample.ts';

const END_MS = Date.UTC(2026, 10, 21, 22, 0, 0);
const FIRST = (value: string): string =>
  `<cluster_property_set id="cib-bootstrap-options"><nvpair id="a" name="no-quorum-policy" value="stop"/><nvpair id="cib-bootstrap-options-stonith-enabled" name="stonith-enabled" value="${value}"/></cluster_property_set>`;
const PLAIN = (id: string, score: string, value = 'true'): string =>
  `<cluster_property_set id="${id}" score="${score}"><nvpair id="${id}-e" name="stonith-enabled" value="${value}"/></cluster_property_set>`;
const RULED =
  '<cluster_property_set id="night"><rule id="r" score="0"><date_expression id="d" operation="gt" start="2026-01-01"/></rule><nvpair id="n" name="stonith-enabled" value="false"/></cluster_property_set>';

/** The pause of a CIB, as a document and what it says. */
function paused(properties: string, endMs = END_MS) {
  const { document, cib } = sampleCib({ properties });
  const after = applyEdits(document, pauseEdits(cib, endMs));
  return { document: after, cib: readCib(after), text: formatXml(after) };
}

describe('the pause of fencing', () => {
  it('takes the setting out of the set that comes before all others', () => {
    const { cib } = paused(FIRST('true'));
    const sets = cib.properties.map(({ id, score, values }) => [
      id,
      score,
      values.map(({ name, value }) => `${name}=${value}`).join(),
    ]);
    assert.deepEqual(sets, [
      ['cib-bootstrap-options', 0, 'no-quorum-policy=stop'],
      ['holdfast-fencing', 0, 'stonith-enabled=true'],
      [LEASE_SET, 1_000_000, 'stonith-enabled=false'],
    ]);
    const [expression] = cib.properties[2]!.rule!.expressions;
    assert.ok(expression?.kind === 'date');
    assert.deepEqual([expression.operation, expression.end], ['lt', '2026-11-21T22:00:00Z']);
  });

  it('leaves a second value beside its own, as old fencers look at values without their rules', () => {
    for (const properties of ['', FIRST('true'), PLAIN('opts', '10')]) {
      const values = paused(properties).text.match(/name="stonith-enabled" value="(true|false)"/g);
      assert.equal(values?.length, 2, properties);
    }
  });

  it('is taken back without a trace, and so is one that was changed', () => {
    const settings = ['', FIRST('true'), FIRST('yes'), PLAIN('opts', '10'), FIRST('true') + PLAIN('opts', '10')];
    fc.assert(
      fc.property(
        fc.constantFrom(...settings),
        fc.array(fc.integer({ min: 0, max: 4e12 }), { minLength: 1, maxLength: 3 }),
        (properties, ends) => {
          const { document, cib } = sampleCib({ properties });
          let at = { document, cib };
          for (const endMs of ends) {
            const next = applyEdits(at.document, pauseEdits(at.cib, endMs));
            at = { document: next, cib: readCib(next) };
            assert.equal(fencingSetting(at.cib, 0).lease?.endMs, Math.floor(endMs / 1000) * 1000);
          }
          const back = readCib(applyEdits(at.document, resumeEdits(at.cib)));
          const told = (each: typeof cib) =>
            each.properties.map((set) => [
              set.id,
              set.score,
              set.values.map(({ name, value, element }) => [name, value, element.attributes.get('id')]).sort(),
            ]);
          assert.deepEqual(told(back), told(cib));
          assert.deepEqual(resumeEdits(back), []);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps the value where the set that it came from is gone', () => {
    const { document, cib } = paused(FIRST('true'));
    const gone = applyEdits(document, [
      { kind: 'delete', path: '/cib/configuration/crm_config', child: 'cib-bootstrap-options' },
    ]);
    assert.equal(cib.properties.length, 3);
    const back = readCib(applyEdits(gone, resumeEdits(readCib(gone))));
    assert.deepEqual(
      back.properties.map(({ id }) => id),
      ['holdfast-fencing'],
    );
  });

  it('is told with its end, also when that is past', () => {
    const { cib } = paused(FIRST('true'));
    const at = (nowMs: number) => fencingSetting(cib, nowMs);
    assert.deepEqual(at(END_MS - 1), { isEnabled: true, lease: { endMs: END_MS, hasEnded: false }, foreignRules: [] });
    assert.deepEqual(at(END_MS), { isEnabled: true, lease: { endMs: END_MS, hasEnded: true }, foreignRules: [] });
    assert.deepEqual(fencingSetting(sampleCib().cib, 0), { isEnabled: true, lease: undefined, foreignRules: [] });
    assert.equal(fencingSetting(sampleCib({ properties: FIRST('off') + PLAIN('x', '99') }).cib, 0).isEnabled, false);
    assert.equal(
      fencingSetting(sampleCib({ properties: PLAIN('x', '1') + PLAIN('y', '2', 'false') }).cib, 0).isEnabled,
      false,
    );
  });

  it('is refused where nobody could tell what holds', () => {
    const cases: [string, RegExp][] = [
      [FIRST('false'), /off in the configuration, for good/],
      [RULED, /depends on rules of night/],
      [PLAIN('loud', 'INFINITY'), /the set loud says stonith-enabled with the highest score/],
      [FIRST('true').replace('no-quorum-policy', 'fencing-enabled'), /spelled fencing-enabled/],
      [
        paused('')
          .text.match(/<crm_config>([\s\S]*)<\/crm_config>/)![1]!
          .replace('operation="lt"', 'operation="gt" start="2026-01-01"'),
        /rules of holdfast-fencing-pause/,
      ],
    ];
    for (const [properties, message] of cases)
      assert.throws(
        () => pauseEdits(sampleCib({ properties }).cib, END_MS),
        (error: Error) => {
          assert.match(error.message, message);
          assert.equal((error as Error & { code: string }).code, 'refused');
          return true;
        },
      );
  });

  it('knows whether the end is noticed in time', () => {
    const recheck = (featureSet: string, value?: string) => {
      const set = `<cluster_property_set id="s"><nvpair id="s-r" name="cluster-recheck-interval" value="${value}"/></cluster_property_set>`;
      return recheckOf(sampleCib({ featureSet, properties: value === undefined ? '' : set }).cib);
    };
    assert.deepEqual(recheck('3.2.0', '0'), { looksAhead: true, noticedAfterMs: 0 });
    assert.deepEqual(recheck('3.16.1'), { looksAhead: true, noticedAfterMs: 0 });
    assert.deepEqual(recheck('3.1.0'), { looksAhead: false, noticedAfterMs: 900_000 });
    assert.deepEqual(recheck('3.0.14', '5min'), { looksAhead: false, noticedAfterMs: 300_000 });
    assert.deepEqual(recheck('3.0.14', '0'), { looksAhead: false, noticedAfterMs: undefined });
  });

  it('becomes one patch for one version of the CIB', () => {
    const { document, cib } = sampleCib({ properties: FIRST('true') });
    const patch = formatPatch(document, pauseEdits(cib, END_MS));
    assert.match(
      patch,
      /<source admin_epoch="0" epoch="5" num_updates="3"\/><target admin_epoch="0" epoch="6" num_updates="0"\/>/,
    );
    assert.match(
      patch,
      /operation="delete" path="\/cib\/configuration\/crm_config\/cluster_property_set\[@id='cib-bootstrap-options'\]\/nvpair\[@id='cib-bootstrap-options-stonith-enabled'\]"/,
    );
    assert.ok(!patch.includes('Geh31m'), 'nothing of the rest is in it');
  });
});
