/**
 * `npm run soak:failover`: random faults and orders, round after round, on real clusters of the lab. `--seed N` and
 * `--rounds N` draw them, `--from R` begins later, `--only R` repeats one, `--cluster pair|three|heartbeat|bare` stays on one
 * cluster, `--minutes N` ends it, `--at-once N` has so many clusters side by side. Rounds that have a result are passed over,
 * unless with `--again`; `--fresh` forgets all results; `--page` only writes the page from them. A round that fails, or
 * came out other than was told, is told with what repeats it, and the hosts' logs are kept. Results go to
 * docs/failover-campaign.md.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { tidied } from '../../scripts/tidy.ts';
import { HEARTBEAT_PEERS } from '../lab/heartbeat.ts';
import { OPERATOR_PEERS } from '../lab/operator.ts';
import { PACEMAKER_PEERS } from '../lab/pacemaker.ts';
import { missingPeers } from '../peers.ts';
import { isApart, runApart } from './failover/apart.ts';
import { type CampaignOptions, runCampaign } from './failover/campaign.ts';
import { BEDS } from './failover/draw.ts';
import { withTables } from './failover/page.ts';
import { loadRecords } from './failover/results.ts';

const PAGE = fileURLToPath(new URL('../../docs/failover-campaign.md', import.meta.url));
const RECORDS = fileURLToPath(new URL('./failover/results.jsonl', import.meta.url));
const SEEDS = 1_000_000;

if (import.meta.main) {
  const args = process.argv.slice(2);
  if (isApart()) await main(args);
  else process.exitCode = await runApart(fileURLToPath(import.meta.url), args);
}

async function main(args: string[]): Promise<void> {
  const options = optionsOf(args);
  if (options.isPage) return writePage();
  const missing = missingPeers([...new Set([...PACEMAKER_PEERS, ...HEARTBEAT_PEERS, ...OPERATOR_PEERS])]);
  if (missing.length > 0) throw new Error(`this needs ${missing.join(', ')}`);
  if (options.isFresh) rmSync(RECORDS, { force: true });
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(name)));
  const failures = await runCampaign(options, stop.signal);
  writePage();
  // A bed that hung may hold the process.
  process.exit(stop.signal.aborted ? 130 : failures > 0 ? 1 : 0);
}

function optionsOf(args: string[]): CampaignOptions & { isPage: boolean; isFresh: boolean } {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: String(Date.now() % SEEDS) },
      rounds: { type: 'string', default: '300' },
      minutes: { type: 'string', default: '600' },
      from: { type: 'string', default: '1' },
      only: { type: 'string' },
      cluster: { type: 'string' },
      'at-once': { type: 'string', default: '1' },
      again: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
    },
  });
  const first = Number(values.only ?? values.from);
  const rounds = values.only === undefined ? Number(values.rounds) : 1;
  const [seed, minutes, atOnce] = [Number(values.seed), Number(values.minutes), Number(values['at-once'])];
  const cluster = BEDS.find((bed) => bed === values.cluster);
  if (values.cluster !== undefined && cluster === undefined) throw new Error(`--cluster is one of ${BEDS.join(', ')}`);
  const isWhole = [seed, first, rounds, atOnce].every((each) => Number.isInteger(each) && each >= 0);
  if (!isWhole || first < 1 || atOnce < 1 || !(minutes > 0))
    throw new Error('--seed, --rounds, --from, --only and --at-once are whole numbers, --minutes is more than 0');
  return {
    ...{ seed, first, last: first + rounds - 1, cluster, limitMs: minutes * 60_000, atOnce, recordsFile: RECORDS },
    isAgain: values.again || values.only !== undefined,
    isPage: values.page,
    isFresh: values.fresh,
  };
}

function writePage(): void {
  writeFileSync(PAGE, tidied(withTables(readFileSync(PAGE, 'utf8'), loadRecords(RECORDS)), PAGE));
}
