/**
 * Runs the worked examples of pages. They are spread over several test files, as each file has its time and two run at once.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandsOf, comparable, runPage } from '../../scripts/examples.ts';
import { pageText } from '../../scripts/tour.ts';
import { missingPeers, type Peer } from '../peers.ts';

/** Test file → the pages it runs. */
export const PAGES = {
  clusters: ['docs/ha-import.md', 'docs/ha-lint.md', 'docs/ha-simulate.md', 'docs/ha-status.md', 'docs/mmp.md'],
  first: ['README.md', 'docs/runbooks/restore-a-file.md'],
  capture: ['docs/backup.md', 'docs/configuration.md', 'docs/fencing.md', 'docs/vault.md'],
  plans: ['docs/plans.md', 'docs/retention.md', 'docs/shelf.md', 'docs/verification.md'],
  proof: ['docs/check-and-repair.md', 'docs/restore.md'],
} as const;

/** What the examples of a page use besides Holdfast. */
const PEERS_OF: Record<string, Peer[]> = {
  'README.md': ['restic', 'crm_simulate'],
  'docs/ha-import.md': ['crm_verify'],
  'docs/ha-simulate.md': ['crm_simulate'],
  'docs/ha-status.md': ['crm_simulate'],
  'docs/mmp.md': ['mke2fs'],
  'docs/vault.md': ['restic'],
};

export function describePages(pages: readonly string[]): void {
  describe('worked examples', () => {
    for (const page of pages) {
      const missing = missingPeers(PEERS_OF[page] ?? []);
      const options = missing.length > 0 ? { skip: `needs ${missing.join(', ')}` } : {};
      it(`${page} prints what it says`, options, () => provePage(page));
    }
  });
}

async function provePage(page: string): Promise<void> {
  const text = pageText(page);
  const ran = await runPage(text);
  const commands = commandsOf(text);
  assert.ok(commands.length > 0, `${page} has no example`);
  for (const [index, { text: command, exitCode, line, output }] of commands.entries()) {
    const at = `${page}:${line}: ${command}`;
    assert.equal(ran[index]!.exitCode, exitCode, `${at}\n${ran[index]!.output}`);
    assert.equal(comparable(ran[index]!.output), comparable(output), `${at}\nrun: node scripts/tour.ts ${page}`);
  }
}
