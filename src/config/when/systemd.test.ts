import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import { describePeer, requirePeer } from '../../../test/peers.ts';
import { parseWhen } from '../when.ts';

const ITERATIONS = 8;
/** No clock changes follow for months. */
const FROM = '2026-11-21 12:00:30';

const WORDS = [
  'minutely',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'quarterly',
  'semiannually',
  'yearly',
  '22:30',
  'Mon..Fri 22:00',
  'Mon,Wed 6:00:30',
  'Saturday',
  '*-*-01 03:00',
  '*-01,07-01 00:00',
  '*:0/15',
  'Sun 04:00',
  '*-*~01 02:00',
  '02~1 02:00',
  '2027-05-01 10:00',
  '8..18/2:00',
  'Sat..Sun *-*-1..7 00/4:05',
  'Fri *-*-13 1:00',
  '*-2/3-5..9/2 1,13:10..50/20:15',
];
const CRON = [
  '30 22 * * 1-5',
  '*/20 8-17/3 * * mon',
  '0 3 13 * 5',
  '0 0 1 jan,jul *',
  '0 3 L * *',
  '0 3 */2 * 1',
  '15 30 4 * * 7',
];

describePeer('systemd-analyze calendar', ['systemd-analyze'], () => {
  it('finds the same times for the words', () => {
    for (const text of WORDS) assert.deepEqual(ours(text), theirs([`${text} UTC`]), text);
  });

  it('finds the same times for what the words and cron expressions become', () => {
    for (const text of [...WORDS, ...CRON])
      assert.deepEqual(ours(text), theirs(parseWhen(text, 'UTC').toOnCalendar()), text);
  });

  it('finds the same times in another zone', () => {
    for (const text of ['Mon..Fri 22:00', '*-*-01 00:30', '*:0/20']) {
      const lines = parseWhen(text, 'America/New_York').toOnCalendar();
      assert.deepEqual(ours(text, 'America/New_York'), theirs(lines), text);
    }
  });

  it('refuses what we refuse', () => {
    for (const text of ['dayly', 'Mon..Fry 22:00', '25:00', '*-13-01', 'Fri..Mon 1:00']) {
      assert.throws(() => parseWhen(text), { code: 'config' }, text);
      assert.throws(() => theirs([text]), Error, text);
    }
  });
});

function ours(text: string, zone = 'UTC'): string[] {
  const when = parseWhen(text, zone);
  const times: string[] = [];
  let ms = when.next(Date.parse(`${FROM.replace(' ', 'T')}Z`));
  for (; ms !== undefined && times.length < ITERATIONS; ms = when.next(ms)) times.push(new Date(ms).toISOString());
  return times;
}

/** The first times of all lines together. */
function theirs(lines: readonly string[]): string[] {
  const times = lines.flatMap((line) => {
    const args = ['calendar', `--base-time=${FROM} UTC`, `--iterations=${ITERATIONS}`, line];
    const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C', PAGER: 'cat' };
    const text = execFileSync(requirePeer('systemd-analyze'), args, {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return [...text.matchAll(/(?:elapse|Iter\. #\d+): \w{3} (\S+ \S+) UTC/g)].map((match) =>
      new Date(`${match[1]!.replace(' ', 'T')}Z`).toISOString(),
    );
  });
  return [...new Set(times)].sort().slice(0, ITERATIONS);
}
