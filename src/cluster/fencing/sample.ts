/** CIBs for tests: two nodes, with fencing as it is asked for. */
import { readCib } from '../cib/read.ts';
import { parseXml, type XmlDocument } from '../cib/xml.ts';

export const DEVICES = `<primitive id="fence-n1" class="stonith" type="fence_ipmilan"><instance_attributes id="fence-n1-a">
<nvpair id="fence-n1-list" name="pcmk_host_list" value="n1"/><nvpair id="fence-n1-ip" name="ip" value="10.0.0.1"/>
<nvpair id="fence-n1-user" name="username" value="admin"/><nvpair id="fence-n1-pass" name="password" value="Geh31m!&lt;"/>
</instance_attributes><operations><op id="fence-n1-m" name="monitor" interval="60s"/></operations></primitive>
<primitive id="fence-n2" class="stonith" type="fence_apc"><instance_attributes id="fence-n2-a">
<nvpair id="fence-n2-map" name="pcmk_host_map" value="n2:3,4"/><nvpair id="fence-n2-ip" name="ip" value="10.0.0.9"/>
</instance_attributes></primitive>`;

export interface SampleOptions {
  /** `<cluster_property_set>` elements. */
  properties?: string;
  resources?: string;
  constraints?: string;
  featureSet?: string;
  status?: string;
}

export function sampleText(options: SampleOptions = {}): string {
  const { properties = '', resources = DEVICES, constraints = '', featureSet = '3.16.1', status = '' } = options;
  return `<cib crm_feature_set="${featureSet}" validate-with="pacemaker-3.9" epoch="5" num_updates="3" admin_epoch="0" have-quorum="1" dc-uuid="1">
  <configuration>
    <crm_config>${properties}</crm_config>
    <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
    <resources>${resources}</resources>
    <constraints>${constraints}</constraints>
  </configuration>
  <status>${status}</status>
</cib>
`;
}

export function sampleCib(options: SampleOptions = {}): { document: XmlDocument; cib: ReturnType<typeof readCib> } {
  const document = parseXml(sampleText(options), 'sample.xml');
  return { document, cib: readCib(document) };
}
