/**
 * Golden cases of moving to Pacemaker: `failover/import-NAME` holds the files of Heartbeat with what else is given
 * (`input.json`), the trees of the nodes' systems (`system`, `peer`), a described pair (`pair.json`), or an old CIB (`old.xml`); and what is expected: the plan, corosync.conf
 * and cib.xml. HOLDFAST_REGENERATE=1 writes those anew; review the difference before committing it.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { AppError } from '../../src/base/errors.ts';
import { treeFiles } from '../../src/cli/ha-import-tree.ts';
import { cib, corosync, heartbeat } from '../../src/cluster.ts';
import { imports } from '../../src/failover.ts';
import { systemProcesses, systemRandom } from '../../src/host.ts';
import { describePeer, requirePeer } from '../peers.ts';

const FOLDER = join(import.meta.dirname, 'failover');
const NAMES = readdirSync(FOLDER).filter((name) => name.startsWith('import-'));
/** What crm_verify says of a CIB without any fence device, as the import does. */
const UNFENCED = /no STONITH resources have been defined|disable STONITH|Clusters with shared data need STONITH/;

const textOf = (name: string, file: string): string => readFileSync(join(FOLDER, name, file), 'utf8');
const isThere = (name: string, file: string): boolean => existsSync(join(FOLDER, name, file));

interface Made {
  plan: unknown;
  cibXml: string;
  corosyncConf: string | undefined;
  isFenced: boolean;
}

async function make(name: string): Promise<Made> {
  if (isThere(name, 'old.xml')) return await upgrade(name);
  const plan = await planOf(name);
  return { plan, ...imports.documentsOf(plan), isFenced: plan.fencing.length > 0 };
}

async function planOf(name: string): Promise<imports.ImportPlan> {
  if (isThere(name, 'pair.json')) return imports.importFromDescription([JSON.parse(textOf(name, 'pair.json'))])[0]!;
  const input = JSON.parse(textOf(name, 'input.json'));
  const cf = heartbeat.parseHaCf(textOf(name, 'ha.cf'), 'ha.cf');
  const haresources = heartbeat.parseHaresources(textOf(name, 'haresources'), 'haresources');
  const authkeys = heartbeat.parseAuthkeys(textOf(name, 'authkeys'), 'authkeys');
  const words = haresources.groups.flatMap(({ resources }) => resources.map(({ script }) => script));
  const services = await servicesOf(name, words);
  return imports.planImport({ cf, haresources, authkeys, services, ...input });
}

async function servicesOf(name: string, words: readonly string[]): Promise<imports.services.ServiceReadings> {
  const systems = ['system', 'peer'].filter((each) => isThere(name, each));
  const files = systems.map((each) => ({ ...treeFiles(join(FOLDER, name, each)), name: each }));
  return await imports.services.readServices(words, files);
}

/** Without the tools of Pacemaker, so that the result is the same everywhere. */
async function upgrade(name: string): Promise<Made> {
  const missing = async (): Promise<never> => {
    throw new AppError('command-missing', { detail: 'none here' });
  };
  const processes = { run: missing, stream: () => assert.fail('nothing is streamed') };
  const xml = cib.readCib(cib.parseXml(textOf(name, 'old.xml'), 'old.xml'));
  const types = [...cib.everyResource(xml.resources)].flatMap((each) =>
    each.kind === 'primitive' ? (each.agent?.type ?? []) : [],
  );
  const tools = {
    services: await servicesOf(name, types),
    processes,
    scratch: async (text: string, use: (path: string) => Promise<void>) => {
      await use('/nowhere');
      return text;
    },
    signal: new AbortController().signal,
  };
  const { cibXml, ...plan } = await imports.upgradeCib(textOf(name, 'old.xml'), 'old.xml', tools);
  return { plan, cibXml, corosyncConf: undefined, isFenced: cibXml.includes('class="stonith"') };
}

describe('scenarios of imports', () => {
  it('are there', () => assert.ok(NAMES.length >= 10));

  for (const name of NAMES) {
    it(name, async () => {
      const { plan, cibXml, corosyncConf } = await make(name);
      const files = {
        'plan.json': `${JSON.stringify(plan, null, 2)}\n`,
        'cib.xml': cibXml,
        ...(corosyncConf === undefined ? {} : { 'corosync.conf': corosyncConf }),
      };
      for (const [file, text] of Object.entries(files)) {
        if (process.env['HOLDFAST_REGENERATE'] === '1') writeFileSync(join(FOLDER, name, file), text);
        if (file.endsWith('.json')) assert.deepEqual(JSON.parse(text), JSON.parse(textOf(name, file)));
        else assert.equal(text, textOf(name, file));
      }
      assert.doesNotMatch(files['plan.json'], /changeme|NotTheRealKey|secret[12]|"private"/);
      assert.doesNotMatch(cibXml, /stonith-enabled" value="(?!true)/);
    });
  }
});

describePeer('crm_verify of every import', ['crm_verify'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-import-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const name of NAMES) {
    it(name, async () => {
      const { cibXml, isFenced } = await make(name);
      const file = join(folder, 'cib.xml');
      writeFileSync(file, cibXml);
      const args = ['-V', '--xml-file', file];
      const { exitCode, errorText } = await systemProcesses.run(requirePeer('crm_verify'), args, {
        timeLimitMs: 30_000,
      });
      const said = errorText.split('\n').filter((line) => line !== '');
      const other = isFenced ? said : said.filter((line) => !UNFENCED.test(line) && !/^crm_verify: /.test(line));
      assert.deepEqual(other, []);
      assert.equal(exitCode === 0, isFenced);
    });
  }
});

describePeer('corosync -t of every import', ['corosync'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-import-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const keyFile = join(folder, 'authkey');
  writeFileSync(keyFile, corosync.newAuthkey(systemRandom), { mode: 0o400 });

  for (const name of NAMES.filter((each) => !isThere(each, 'old.xml'))) {
    it(name, async () => {
      const plan = await planOf(name);
      // It wants one of the nodes to be this machine, and names that it can look up.
      const nodes = plan.corosync.nodes.map((node, at) => ({
        ...node,
        addresses: node.addresses.map((_, link) => (at === 0 ? `127.0.0.${link + 1}` : `10.${link}.0.${at + 1}`)),
      }));
      const file = join(folder, 'corosync.conf');
      writeFileSync(file, imports.corosyncText({ ...plan.corosync, nodes, keyFile }));
      const result = await systemProcesses.run(requirePeer('corosync'), ['-t', '-c', file], { timeLimitMs: 30_000 });
      assert.equal(result.exitCode, 0, `${result.output}${result.errorText}`);
    });
  }
});
