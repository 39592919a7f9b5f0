/**
 * Brings the programs that tests run against: Debian packages, where we are root, apt-get exists and some are missing.
 * Elsewhere nothing is touched, and the suites that need them are skipped by name.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingPeers, PEERS, type Peer } from '../test/peers.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOG = join(ROOT, '.cache/test-system.log');
const APT = '/usr/bin/apt-get';
const STEP_TIMEOUT_MS = 10 * 60 * 1000;

/** Asked by the packages' own scripts before they start a daemon; 101 means no. */
const START_POLICY = '/usr/sbin/policy-rc.d';
const START_NOTHING = '#!/bin/sh\n# Written by the tests of Holdfast while they install packages.\nexit 101\n';

/** Installs what is missing if that can be done here. @returns lines about what was done or could not be done. */
export function prepareSystem(): string[] {
  const missing = listMissing();
  if (missing.length === 0) return [];
  const packages = [...new Set(missing.map((peer) => PEERS[peer]))];
  if (missingPeers(['root']).length > 0) return [`not root, so not installed: ${packages.join(' ')}`];
  if (!existsSync(APT)) return [`no apt-get here, so not installed: ${packages.join(' ')}`];
  process.stdout.write(`installing ${packages.join(' ')} …\n`);
  try {
    withoutDaemons(() => install(packages));
  } catch (error) {
    return [`apt-get failed, see ${relative(ROOT, LOG)}: ${String(error).split('\n')[0]}`];
  }
  const left = listMissing();
  return [`installed ${packages.join(' ')}${left.length > 0 ? `; still missing: ${left.join(' ')}` : ''}`];
}

function listMissing(): (keyof typeof PEERS)[] {
  const peers = Object.keys(PEERS) as (keyof typeof PEERS)[];
  return missingPeers(peers satisfies Peer[]) as (keyof typeof PEERS)[];
}

function install(packages: string[]): void {
  const options = ['-qq', '-y', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=120'];
  const simulated = () =>
    apt([...options, '--simulate', '--no-install-recommends', '--no-remove', 'install', ...packages]);
  if (!succeeds(simulated)) apt([...options, 'update']);
  apt([...options, '--no-install-recommends', '--no-remove', 'install', ...packages]);
}

/** The lists of packages may be absent or too old to name them all. */
function succeeds(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}

function apt(args: string[]): void {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const log = openSync(LOG, 'a');
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
    execFileSync(APT, args, { env, stdio: ['ignore', log, log], timeout: STEP_TIMEOUT_MS });
  } finally {
    closeSync(log);
  }
}

/** Keeps daemons from being started by `work`. A policy that is already there is the administrator's and stays. */
function withoutDaemons(work: () => void): void {
  // With a listener, an interrupt ends apt-get but not us, so that the policy is surely removed again.
  const wait = () => undefined;
  process.on('SIGINT', wait);
  const own = !existsSync(START_POLICY);
  if (own) writeFileSync(START_POLICY, START_NOTHING, { mode: 0o755 });
  try {
    work();
  } finally {
    if (own && readFileSync(START_POLICY, 'utf8') === START_NOTHING) rmSync(START_POLICY);
    process.off('SIGINT', wait);
  }
}

if (import.meta.main) for (const line of prepareSystem()) process.stdout.write(`${line}\n`);
