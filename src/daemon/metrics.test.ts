import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { configOf, proofOf, settableClock, worldOf } from '../../test/daemon/world.ts';
import { describePeer, requirePeer } from '../../test/peers.ts';
import { type MetricsFacts, renderMetrics } from './metrics.ts';
import { collectStatus } from './status.ts';

const NOON = Date.parse('2026-11-20T12:00:00Z');
const HOUR = 60 * 60_000;

async function facts(isFilled: boolean): Promise<MetricsFacts> {
  const config = await configOf({
    timezone: 'UTC',
    plans: { etc: { schedule: '22:00' }, byHand: {} },
    clusters: { oss: { nodes: ['n1', 'n2'], fencing: { test: '0/6:00' } } },
  });
  const world = await worldOf({ config, clock: settableClock(NOON) });
  const { ledger } = world;
  if (isFilled) {
    const begin = {
      kind: 'backup',
      subject: 'etc',
      trigger: 'manual',
      dueMs: undefined,
      logFile: undefined,
      process: 'daemon',
    } as const;
    const good = ledger.beginRun({ ...begin, startedMs: NOON - 3 * HOUR });
    ledger.endRun(good.id, {
      status: 'success',
      endedMs: NOON - 2 * HOUR,
      snapshotId: 'a',
      figures: { files: 7, bytes: 4096, vaultBytes: 100 },
    });
    ledger.saveProof(proofOf('a', NOON));
    const verify = ledger.beginRun({ ...begin, kind: 'verify', subject: 'main', startedMs: NOON - HOUR });
    ledger.endRun(verify.id, { status: 'success', endedMs: NOON, figures: { vaultBytes: 200, bytes: 50 } });
  }
  if (isFilled) {
    const begin = { kind: 'fencing', subject: 'oss', trigger: 'manual', dueMs: undefined, logFile: undefined } as const;
    const ends = (atMs: number, status: 'success' | 'failed'): void => {
      const { id } = ledger.beginRun({ ...begin, process: 'daemon', startedMs: atMs - HOUR });
      ledger.endRun(id, { status, endedMs: atMs });
    };
    ends(NOON - 4 * HOUR, 'success');
    ends(NOON - HOUR, 'failed');
    const way = (node: string, from: string) => ({ cluster: 'oss', node, by: `fence-${node} from ${from}`, text: 'x' });
    ledger.savePathProofs('oss', [
      { ...way('n1', 'n2'), isProven: true, atMs: NOON - HOUR },
      { ...way('n2', 'n1'), isProven: true, atMs: NOON - 4 * HOUR },
      { ...way('n2', 'n1'), isProven: false, atMs: NOON - HOUR },
    ]);
  }
  return {
    status: collectStatus(world),
    version: '1.2.3',
    ended: isFilled ? [{ kind: 'backup', subject: 'etc', status: 'failed', count: 2 }] : [],
    undelivered: new Map([['a"b\\c\nd', 3]]),
    reload: { isOk: true, atMs: NOON },
  };
}

function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

it('has a sample for everything that is known', async () => {
  const known = samples(renderMetrics(await facts(true)));
  const expected: Record<string, number> = {
    'holdfast_plan_last_success_timestamp_seconds{plan="etc"}': (NOON - 2 * HOUR) / 1000,
    'holdfast_plan_proven_point_timestamp_seconds{plan="etc"}': (NOON - 3 * HOUR) / 1000,
    'holdfast_plan_proven_point_age_seconds{plan="etc"}': 3 * 3600,
    'holdfast_plan_overdue{plan="etc"}': 0,
    'holdfast_plan_next_run_timestamp_seconds{plan="etc"}': Date.parse('2026-11-20T22:00:00Z') / 1000,
    'holdfast_plan_last_run_status{plan="etc",status="success"}': 1,
    'holdfast_plan_last_run_status{plan="etc",status="failed"}': 0,
    'holdfast_plan_last_run_duration_seconds{plan="etc"}': 3600,
    'holdfast_plan_last_run_files{plan="etc"}': 7,
    'holdfast_cluster_fencing_last_success_timestamp_seconds{cluster="oss"}': (NOON - 4 * HOUR) / 1000,
    'holdfast_cluster_fencing_last_run_timestamp_seconds{cluster="oss"}': (NOON - HOUR) / 1000,
    'holdfast_cluster_fencing_last_run_status{cluster="oss",status="failed"}': 1,
    'holdfast_cluster_fencing_overdue{cluster="oss"}': 0,
    'holdfast_cluster_fencing_next_run_timestamp_seconds{cluster="oss"}': Date.parse('2026-11-20T18:00:00Z') / 1000,
    'holdfast_cluster_fencing_path_proven{cluster="oss",node="n1",by="fence-n1 from n2"}': 1,
    'holdfast_cluster_fencing_path_proven{cluster="oss",node="n2",by="fence-n2 from n1"}': 0,
    'holdfast_cluster_fencing_path_proven_age_seconds{cluster="oss",node="n2",by="fence-n2 from n1"}': 4 * 3600,
    'holdfast_vault_size_bytes{vault="main"}': 200,
    'holdfast_vault_verified_ratio{vault="main"}': 0.25,
    'holdfast_runs_total{kind="backup",subject="etc",status="failed"}': 2,
    'holdfast_notifications_failed_total{target="a\\"b\\\\c\\nd"}': 3,
    holdfast_config_last_reload_successful: 1,
    'holdfast_build_info{version="1.2.3"}': 1,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(known.get(name), value, name);
});

it('has no sample for what is not known', async () => {
  const text = renderMetrics(await facts(false));
  const absent = [
    'success_timestamp',
    'proven_point',
    'last_run',
    'path_proven',
    'vault_size',
    'verified_ratio',
    'last_verify',
    'runs_total',
  ];
  for (const name of absent) assert.doesNotMatch(text, new RegExp(name));
  const { status } = await facts(true);
  const byHand = [...samples(renderMetrics(await facts(true))).keys()].filter((name) => name.includes('"byHand"'));
  assert.equal(status.plans[1]!.plan, 'byHand');
  assert.deepEqual(byHand, ['holdfast_plan_running{plan="byHand"}', 'holdfast_plan_held_points{plan="byHand"}']);
});

const PAGE = readFileSync(new URL('../../docs/monitoring.md', import.meta.url), 'utf8');

it('are all on the page about them', async () => {
  const names = new Set([...samples(renderMetrics(await facts(true))).keys()].map((name) => name.replace(/\{.*/, '')));
  assert.ok(names.size > 20);
  const listed = PAGE.split('\n')
    .filter((line) => line.startsWith('| `holdfast_'))
    .join('\n');
  const suffixes = [...listed.matchAll(/`…([a-z_]+)…?`/g)].map((match) => match[1]!);
  const isListed = (name: string): boolean =>
    listed.includes(`\`${name}\``) || suffixes.some((suffix) => name.includes(suffix));
  assert.deepEqual(
    [...names].filter((name) => !isListed(name)),
    [],
  );
});

describePeer('metrics before Prometheus', ['promtool'], () => {
  it('have rules for alerts that it accepts, about metrics that there are', async () => {
    const [, rules] = /## Alerts\n\n```yaml\n([\s\S]*?)```/.exec(PAGE)!;
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-rules-'));
    const file = join(directory, 'rules.yaml');
    writeFileSync(file, rules!);
    try {
      const said = execFileSync(requirePeer('promtool'), ['check', 'rules', file], { encoding: 'utf8', stdio: 'pipe' });
      assert.match(said, /10 rules found/);
    } finally {
      rmSync(directory, { recursive: true });
    }
    const known = [...samples(renderMetrics(await facts(true))).keys()].map((name) => name.replace(/\{.*/, ''));
    const used = [...rules!.matchAll(/holdfast_[a-z_]+/g)].map(([name]) => name);
    assert.deepEqual(
      used.filter((name) => !known.includes(name)),
      [],
    );
  });

  it('are in its format, with names as it wants them', async () => {
    for (const isFilled of [true, false]) {
      const text = renderMetrics(await facts(isFilled));
      const said = execFileSync(requirePeer('promtool'), ['check', 'metrics'], {
        input: text,
        encoding: 'utf8',
        stdio: 'pipe',
      });
      assert.equal(said, '');
    }
  });
});
