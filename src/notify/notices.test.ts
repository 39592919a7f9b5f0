import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { notices } from '../notify.ts';
import { headlineOf, textOf } from './text.ts';

const HOUR_MS = 60 * 60_000;
const NOW_MS = Date.UTC(2026, 10, 3, 6);
const about = { plan: 'etc', hostname: 'node7', nowMs: NOW_MS, timezone: 'Europe/Berlin' };
const run = { id: 42, startedMs: NOW_MS - 12 * 60_000, endedMs: NOW_MS, logFile: '/var/log/holdfast/42.log' };
const runCodes = {
  run: 42,
  started: '2026-11-03T05:48:00.000Z',
  ended: '2026-11-03T06:00:00.000Z',
  log: '/var/log/holdfast/42.log',
};

describe('notices', () => {
  it('of a failure say what failed, what to do, and how far back one would have to go', () => {
    const notice = notices.failureNotice({
      ...{ ...about, run, status: 'failed', errorCode: 'storage-full', errorText: 'the storage is full: /srv/vault' },
      ...{ hint: 'Free space or grow the storage.', notes: ['3 files could not be read'] },
      ...{ newestProvenMs: NOW_MS - 26 * HOUR_MS, nextMs: NOW_MS + 16 * HOUR_MS },
    });
    assert.deepEqual(notice, {
      kind: 'failure',
      severity: 'critical',
      plan: 'etc',
      title: 'plan etc on node7',
      lines: [
        'The run failed: the storage is full: /srv/vault',
        'What to do: Free space or grow the storage.',
        '3 files could not be read',
        'Newest proven restore point: 26 h old, of 2026-11-02 05:00 +01:00.',
        'Run 42: began 2026-11-03 06:48 +01:00, took 12 min.',
        'Log: /var/log/holdfast/42.log',
        'Next run: 2026-11-03 23:00 +01:00.',
      ],
      hostname: 'node7',
      atMs: NOW_MS,
      facts: { status: 'failed', code: 'storage-full', ...runCodes },
    });
    assert.equal(headlineOf(notice), 'failure: plan etc on node7');
  });

  it('of a failure weigh what is partly there less than what is not', () => {
    const of = (status: notices.FailureStatus) => notices.failureNotice({ ...about, status, newestProvenMs: 'none' });
    assert.deepEqual(
      (['failed', 'lost', 'incomplete', 'interrupted'] as const).map((status) => of(status).severity),
      ['critical', 'critical', 'warning', 'warning'],
    );
    assert.deepEqual(of('lost').lines, [
      'The run ended without a word: its process was killed, or the power failed.',
      'There is no proven restore point.',
    ]);
  });

  it('of what is not proven say how to prove it, and what helps when there is nothing to prove', () => {
    const linesOf = (isGone: boolean): readonly string[] =>
      notices.unprovenNotice({
        ...{ ...about, newestProvenMs: 'none', newestGoodMs: NOW_MS - 7 * HOUR_MS },
        ...{ vault: 'main', provenForMs: 240 * HOUR_MS, isGone },
      }).lines;
    assert.deepEqual(linesOf(false).slice(0, 3), [
      'No restore point of it was read back and found right within the last 10 d.',
      'The newest good run is 7 h old, of 2026-11-03 00:00 +01:00.',
      'What to do: see why with holdfast history main, then read it back: holdfast run --verify main. ' +
        'If the vault holds no point of it any more, make a new one: holdfast run etc',
    ]);
    assert.equal(
      linesOf(true)[2],
      'What to do: the vault holds no point of it any more. Make a new one: holdfast run etc',
    );
  });

  it('of what is no plan name it', () => {
    const notice = notices.failureNotice({ ...about, plan: undefined, subject: 'vault offsite', status: 'failed' });
    assert.equal(headlineOf(notice), 'failure: vault offsite on node7');
    assert.equal(notice.plan, undefined);
  });

  it('of a recovery say for how long it was, and reach whoever heard of the trouble', () => {
    const sinceMs = NOW_MS - 5 * HOUR_MS;
    const notice = notices.recoveryNotice({ ...about, trouble: 'overdue', sinceMs, newestProvenMs: NOW_MS });
    assert.equal(notice.severity, 'critical');
    assert.deepEqual(notice.lines, [
      'All is well again.',
      'It had been overdue since 2026-11-03 02:00 +01:00, for 5 h.',
      'Newest proven restore point: 0 s old, of 2026-11-03 07:00 +01:00.',
    ]);
    assert.equal(notices.recoveryNotice({ ...about, trouble: 'anomaly', sinceMs }).severity, 'warning');
  });

  it('of an overdue plan say since when', () => {
    const facts = { ...about, newestGoodMs: NOW_MS - 51 * HOUR_MS, overdueAfterMs: 48 * HOUR_MS };
    const notice = notices.overdueNotice({ ...facts, lastRun: { status: 'failed', endedMs: NOW_MS - HOUR_MS } });
    assert.deepEqual([notice.kind, notice.severity, notice.facts], ['overdue', 'critical', { ageSeconds: 51 * 3600 }]);
    assert.deepEqual(notice.lines, [
      'The newest good run is 2 d 3 h old, of 2026-11-01 04:00 +01:00.',
      'It is overdue from an age of 2 d on.',
      'Last run: failed, ended 2026-11-03 06:00 +01:00.',
    ]);
    const first = notices.overdueNotice({ ...facts, newestGoodMs: undefined });
    assert.equal(first.lines[0], 'There has never been a good run.');
    assert.deepEqual(first.facts, {});
  });

  it('of an unusual run say what is held and how to release it', () => {
    const reasons = ['40 % fewer files than usual', '90 % of the data changed'];
    const release = 'holdfast release 42';
    const notice = notices.anomalyNotice({ ...about, reasons, snapshotId: 'abcd1234', release, run });
    assert.equal(notice.severity, 'warning');
    assert.deepEqual(notice.lines.slice(1, 3), ['  40 % fewer files than usual', '  90 % of the data changed']);
    assert.match(textOf(notice), /^ {2}40 % fewer files than usual$/m);
    assert.match(textOf(notice), /^When it is right: holdfast release 42$/m);
    assert.deepEqual(notice.facts, { snapshot: 'abcd1234', ...runCodes });
  });

  it('for dead-man targets are short', () => {
    const start = notices.startNotice({ ...about, run: { id: 42, startedMs: run.startedMs, endedMs: undefined } });
    assert.deepEqual([start.kind, start.severity, start.lines], ['start', 'info', []]);
    assert.deepEqual(start.facts, { run: 42, started: runCodes.started });
    const success = notices.successNotice({ ...about, run, figures: { files: 7 } });
    assert.equal(success.kind, 'success');
    assert.deepEqual(success.facts, { ...runCodes, files: 7 });
  });

  it('of a test say that nothing has to be done', () => {
    const notice = notices.testNotice({ hostname: 'node7', nowMs: NOW_MS });
    assert.equal(headlineOf(notice), 'test: notifications on node7');
    assert.match(notice.lines[0]!, /nothing has to be done/);
  });
});

describe('the summary', () => {
  const good: notices.PlanSummary = {
    ...{ plan: 'etc', state: 'good', isOverdue: false, isFailing: false, newestProvenMs: NOW_MS - 7 * HOUR_MS },
    ...{ restoreMs: 95_000, lastRun: { status: 'success', endedMs: NOW_MS - 7 * HOUR_MS } },
    ...{ nextMs: NOW_MS + 17 * HOUR_MS, problems: [] },
  };
  const rest = { runs: { succeeded: 5, failed: 1 }, sinceMs: NOW_MS - 24 * HOUR_MS, hostname: 'node7', nowMs: NOW_MS };

  it('counts vaults and shelves that are late or wrong, and is not calm about them', () => {
    const verify = { name: 'verify of vault main', isOverdue: false, isFailing: true, problems: ['a file is damaged'] };
    const prune = { name: 'prune of vault main', isOverdue: true, isFailing: false, problems: [] };
    const facts = { plans: [good], runs: { succeeded: 1, failed: 1 }, sinceMs: 0, hostname: 'node7', nowMs: NOW_MS };
    const notice = notices.summaryNotice({ ...facts, others: [verify, prune] });
    assert.equal(notice.title, '1 plan on node7, 1 overdue, 1 failed');
    const text = notice.lines.join('\n');
    assert.match(text, /^Overdue: prune of vault main\.$/m);
    assert.match(text, /^Failed: verify of vault main\.$/m);
    assert.match(text, /^ {2}verify of vault main: a file is damaged$/m);
    assert.deepEqual([notice.facts['overdue'], notice.facts['failing']], [1, 1]);
    assert.match(notices.summaryNotice({ ...facts, others: [] }).title, /all well$/);
  });

  it('answers first how far back, how long, what is overdue and what failed', () => {
    const home = { ...good, plan: 'home', newestProvenMs: NOW_MS - 31 * HOUR_MS, restoreMs: 2 * HOUR_MS };
    const failed = { status: 'failed', endedMs: NOW_MS - HOUR_MS };
    const db: notices.PlanSummary = {
      ...{ plan: 'db', state: 'failing', isOverdue: true, isFailing: true, newestProvenMs: undefined, lastRun: failed },
      ...{ nextMs: undefined, problems: ['the dump was empty'] },
    };
    const notice = notices.summaryNotice({
      ...rest,
      plans: [good, home, db],
      notes: ['Vault main: 12 GiB, 31 % verified.'],
    });
    assert.deepEqual(notice.lines, [
      'How far back would we have to go: 31 h (home). Nothing is proven of: db.',
      'How long would it take: 2 h (home). Not measured: db.',
      'Overdue: db.',
      'Failed: db.',
      '',
      'Plan  State    Proven    Last run                      Next run',
      'db    failing  nothing   failed 2026-11-03 05:00 UTC   not planned',
      'etc   good     7 h ago   success 2026-11-02 23:00 UTC  2026-11-03 23:00 UTC',
      'home  good     31 h ago  success 2026-11-02 23:00 UTC  2026-11-03 23:00 UTC',
      '',
      'To look at:',
      '  db: the dump was empty',
      '',
      'Runs since 2026-11-02 06:00 UTC: 5 succeeded, 1 did not.',
      'Vault main: 12 GiB, 31 % verified.',
    ]);
    assert.equal(headlineOf(notice), 'summary: 3 plans on node7, 1 overdue, 1 failed, 1 without proof');
    assert.deepEqual(notice.facts, { plans: 3, overdue: 1, failing: 1, unproven: 1, runsSucceeded: 5, runsFailed: 1 });
    assert.ok(textOf(notice).includes('\ndb    failing  nothing   failed'), 'columns stay in a mail');
  });

  it('is calm only when there is something and all of it is well', () => {
    const title = (plans: notices.PlanSummary[]) => notices.summaryNotice({ ...rest, plans }).title;
    assert.equal(title([good]), '1 plan on node7, all well');
    assert.equal(title([]), '0 plans on node7');
    assert.equal(title([{ ...good, problems: ['look'] }]), '1 plan on node7');
    assert.equal(title([{ ...good, newestProvenMs: undefined }]), '1 plan on node7, 1 without proof');
    const empty = notices.summaryNotice({ ...rest, plans: [] });
    assert.equal(empty.lines[0], 'There are no plans: nothing is backed up.');
    const { lines } = notices.summaryNotice({
      ...rest,
      plans: [{ ...good, newestProvenMs: undefined, restoreMs: undefined }],
    });
    assert.deepEqual(lines.slice(0, 2), [
      'How far back would we have to go: Nothing is proven of: etc.',
      'How long would it take: Not measured: etc.',
    ]);
  });
});
