import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  durationMs,
  formatAgent,
  formatScore,
  INFINITY_SCORE,
  isSecretName,
  parseAgent,
  parseBoolean,
  parseScore,
} from './values.ts';

test('agents are named as tools name them', () => {
  for (const text of [
    'ocf:heartbeat:Filesystem',
    'stonith:fence_ipmilan',
    'stonith:external/ipmi',
    'systemd:nfs@1',
    'lsb:x',
  ])
    assert.equal(formatAgent(parseAgent(text)!), text);
  for (const text of ['', 'IPaddr2', 'ocf:IPaddr2', 'ocf:a:b:c', 'ocf::b', 'foo:bar', 'lsb:'])
    assert.equal(parseAgent(text), undefined, text);
});

test('scores are numbers up to infinity', () => {
  const known: Record<string, number> = {
    INFINITY: INFINITY_SCORE,
    '+INFINITY': INFINITY_SCORE,
    '-infinity': -INFINITY_SCORE,
  };
  for (const [text, score] of Object.entries({
    ...known,
    '100': 100,
    '-5': -5,
    '+7': 7,
    '2000000': INFINITY_SCORE,
    red: -INFINITY_SCORE,
    green: 0,
  }))
    assert.equal(parseScore(text), score, text);
  for (const text of ['', 'x', '1.5', 'INF', 'constructor']) assert.equal(parseScore(text), undefined, text);
  fc.assert(
    fc.property(fc.integer({ min: -INFINITY_SCORE, max: INFINITY_SCORE }), (score) => {
      assert.equal(parseScore(formatScore(score)), score);
    }),
  );
});

test('durations have the units of Pacemaker, seconds when there is none', () => {
  const known: Record<string, number> = {
    '30': 30_000,
    '30s': 30_000,
    ' 30 sec ': 30_000,
    '2min': 120_000,
    '2m': 120_000,
    '1h': 3_600_000,
    '1hr': 3_600_000,
    '500ms': 500,
    '500msec': 500,
    '3000us': 3,
    '0': 0,
    PT1M30S: 90_000,
    P1D: 86_400_000,
    P1W: 604_800_000,
  };
  for (const [text, ms] of Object.entries(known)) assert.equal(durationMs(text), ms, text);
  for (const text of ['', 'x', '-3s', '3 parsecs', 'P', 'PT', 's', '1:30', '3 constructor'])
    assert.equal(durationMs(text), undefined, text);
});

test('truth has many words', () => {
  for (const text of ['true', 'on', 'Yes', 'y', '1']) assert.equal(parseBoolean(text), true);
  for (const text of ['false', 'off', 'No', 'n', '0']) assert.equal(parseBoolean(text), false);
  for (const text of ['', 'maybe', '2']) assert.equal(parseBoolean(text), undefined);
});

test('secrets are known by their names', () => {
  for (const name of [
    'passwd',
    'password',
    'ssh_key',
    'pass',
    'snmp_auth_key',
    'community',
    'secret_key',
    'auth_token',
    'OS_PASSWORD',
  ])
    assert.ok(isSecretName(name), name);
  for (const name of ['device', 'ip', 'plug', 'pcmk_host_map', 'keepalive', 'login', 'passive', 'monkey'])
    assert.ok(!isSecretName(name), name);
});
