/** Old configurations for tests, and the tools that upgrade them: real ones, played ones, and none. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cib } from '../src/cluster.ts';
import type { UpgradeTools } from '../src/failover/import/upgrade.ts';
import { simulated, systemProcesses } from '../src/host.ts';

const SIGNAL = new AbortController().signal;

async function scratch(text: string, use: (path: string) => Promise<void>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-upgrade-'));
  try {
    await writeFile(join(folder, 'cib.xml'), text, { mode: 0o600 });
    await use(join(folder, 'cib.xml'));
    return await readFile(join(folder, 'cib.xml'), 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const real: UpgradeTools = { processes: systemProcesses, scratch, signal: SIGNAL };
type Answer = Parameters<typeof simulated.scriptedProcesses>[0];
export const played = (answer: Answer): UpgradeTools => ({ ...real, processes: simulated.scriptedProcesses(answer) });
export const none = played(() => undefined);

export const FENCE = '<primitive id="f" class="stonith" type="fence_ipmilan"/>';
export const cibOf = (schema: string, resources: string, constraints = '', properties = ''): string =>
  `<cib ${schema} admin_epoch="0" epoch="4" num_updates="1"><configuration><crm_config>${properties}</crm_config><nodes/>` +
  `<resources>${resources}</resources><constraints>${constraints}</constraints></configuration><status/></cib>`;
export const V1 = 'validate-with="pacemaker-1.0"';
export const viewOf = (text: string): cib.Cib => cib.readCib(cib.parseXml(text, 'cib.xml'));
