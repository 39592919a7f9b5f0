import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { documentsOf, withoutSecrets } from './documents.ts';
import type { ImportPlan } from './model.ts';
import { planImport } from './plan.ts';
import { IPMI, sampleInput } from './sample.ts';

const told = ({ explanations, unmapped }: Pick<ImportPlan, 'explanations' | 'unmapped'>): string =>
  [...explanations.flatMap(({ was, about }) => [was, about]), ...unmapped.map(({ what }) => what)].join('\n');

describe('secrets', () => {
  it('are in the CIB, and in nothing that is shown', () => {
    const input = sampleInput();
    const plan = planImport(input);
    for (const text of [JSON.stringify(plan), inspect(plan, { depth: null }), told(plan)])
      assert.doesNotMatch(text, /changeme|NotTheRealKey/);
    const { cibXml, corosyncConf } = documentsOf(plan);
    assert.match(cibXml, /value="changeme"/);
    assert.doesNotMatch(cibXml + corosyncConf, /NotTheRealKey/);
    assert.doesNotMatch(withoutSecrets(cibXml), /changeme/);
    assert.match(withoutSecrets(cibXml), /name="username" value="root"/);
  });

  it('of mounts, programs and variables are shown nowhere', () => {
    const cf = [...IPMI, 'env DB=Geh3im', 'respawn root /usr/bin/x --password=Geh3im'];
    const haresources = 'oss01 Filesystem:://nas/a::/mnt/a::cifs::user=u,password=Geh3im own::pass=Geh3im';
    const plan = planImport(sampleInput({ cf, haresources }));
    assert.doesNotMatch(told(plan) + plan.explanations.map(({ becomes }) => becomes).join(), /Geh3im/);
    assert.match(told(plan), /env DB=\[hidden\]/);
    const { cibXml } = documentsOf(plan);
    assert.match(cibXml, /user=u,password=Geh3im/);
    assert.doesNotMatch(withoutSecrets(cibXml), /Geh3im/);
    const one = 'Filesystem::/dev/sdb::/mnt/b::ext4::user=u,password=Geh3im';
    const twice = `oss01 ${one}\noss02 ${one}`;
    assert.throws(
      () => planImport(sampleInput({ cf, haresources: twice })),
      (error: Error) => /sdb/.test(error.message) && !/Geh3im/.test(error.message),
    );
  });

  it('are not in what is refused either', () => {
    const cf = ['stonith_host oss01 external/ipmi changeme'];
    assert.doesNotMatch(JSON.stringify(planImport(sampleInput({ cf }))), /changeme/);
  });
});
