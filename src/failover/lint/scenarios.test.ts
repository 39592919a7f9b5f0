/**
 * Golden cases of the lint: `test/scenarios/failover/lint-NAME/nodes.json` says what is known of each node, the files
 * beside it are those of all nodes, those in a folder of a node are its own; `expected.json` has the findings.
 * HOLDFAST_REGENERATE=1 writes the expected findings anew; review the difference before committing it.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHECKS, lint } from './checks.ts';
import { type Change, sampleNode } from './sample-nodes.ts';

interface Facts extends Omit<Change, 'modes'> {
  /** In octal, as ls and chmod have them. */
  modes: Record<'haCf' | 'authkeys', string>;
  /** Files that are not there, though they are beside. */
  absent?: readonly string[];
  /** What nobody looked at. */
  unknown?: readonly string[];
}

const FOLDER = new URL('../../../test/scenarios/failover/', import.meta.url).pathname;
const FILES = {
  haCf: 'ha.cf',
  haresources: 'haresources',
  authkeys: 'authkeys',
  fstab: 'fstab',
  mdadmConf: 'mdadm.conf',
};
const SCENARIOS = readdirSync(FOLDER).filter((name) => name.startsWith('lint-'));

test('there is a scenario for each check', () => {
  const missing = CHECKS.filter(({ code }) => !SCENARIOS.includes(`lint-${code}`));
  assert.deepEqual(missing, []);
  assert.ok(SCENARIOS.length >= 40);
});

for (const name of SCENARIOS) {
  test(`scenario ${name}`, () => {
    const folder = join(FOLDER, name);
    const { nodes }: { nodes: Record<string, Facts> } = JSON.parse(readFileSync(join(folder, 'nodes.json'), 'utf8'));
    const findings = lint(
      Object.entries(nodes).map(([node, facts]) => sampleNode(node, changeOf(folder, node, facts))),
    );
    const path = join(folder, 'expected.json');
    if (process.env['HOLDFAST_REGENERATE'] === '1') writeFileSync(path, `${JSON.stringify(findings, null, 2)}\n`);
    assert.deepEqual(findings, JSON.parse(readFileSync(path, 'utf8')));
    const code = name.slice('lint-'.length);
    const isSound = code === 'sound';
    assert.equal(
      findings.some((finding) => finding.code === code),
      !isSound,
    );
    assert.ok(!isSound || findings.length === 0);
    assert.doesNotMatch(JSON.stringify(findings), /Pa55w0rd|q7Wv0mC2|SuperSecret/);
  });
}

function changeOf(folder: string, node: string, { modes, absent = [], unknown = [], ...facts }: Facts): Change {
  const texts = Object.entries(FILES).map(([key, file]) => {
    const path = [join(folder, node, file), join(folder, file)].find(existsSync);
    if (unknown.includes(key)) return [key, undefined] as const;
    return [key, path === undefined || absent.includes(file) ? null : readFileSync(path, 'utf8')] as const;
  });
  const octal = { haCf: Number.parseInt(modes.haCf, 8), authkeys: Number.parseInt(modes.authkeys, 8) };
  const nothing = { hostName: undefined, resourceScripts: undefined, boot: undefined, mmp: undefined };
  return { ...nothing, ...facts, ...Object.fromEntries(texts), modes: octal };
}
