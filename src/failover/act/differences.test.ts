import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cib } from '../../cluster.ts';
import { differencesOf } from './differences.ts';

const FIRST = (more = ''): string =>
  `<cluster_property_set id="cib-bootstrap-options"><nvpair id="v" name="dc-version" value="2.1.5"/>${more}</cluster_property_set>`;
const FENCES = '<nvpair id="f" name="stonith-enabled" value="true"/>';
const document = (properties: string, nodes = ''): cib.XmlDocument =>
  cib.parseXml(
    `<cib admin_epoch="0" epoch="3" num_updates="0" validate-with="pacemaker-3.9"><configuration><crm_config>${properties}</crm_config><nodes>${nodes}</nodes><resources/><constraints/></configuration><status/></cib>`,
    'cib.xml',
  );

test('what the cluster writes itself is no difference', () => {
  const live = document(FIRST(), '<node id="1" uname="n1"/>');
  assert.deepEqual(differencesOf(live, document('')), []);
  assert.deepEqual(differencesOf(live, document(FIRST().replace('2.1.5', '2.1.4'))), []);
});

test('what is lost with a whole set or node is named', () => {
  assert.deepEqual(differencesOf(document(FIRST(FENCES)), document('')), [
    'cluster_property_set cib-bootstrap-options removed (stonith-enabled=true)',
  ]);
  const off = `<cluster_property_set id="x">${FENCES.replace('true', 'false')}</cluster_property_set>`;
  assert.deepEqual(differencesOf(document(''), document(off)), [
    'cluster_property_set x added (stonith-enabled=false)',
  ]);
  const resting =
    '<node id="1" uname="n1"><instance_attributes id="a"><nvpair id="s" name="standby" value="on"/></instance_attributes></node>';
  assert.match(differencesOf(document('', resting), document('')).join(), /node n1.* removed \(standby=on\)/);
});
