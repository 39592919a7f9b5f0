import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { describePeer, requirePeer } from '../../../test/peers.ts';
import { AppError } from '../../base/errors.ts';
import { simulated, systemProcesses, systemRandom } from '../../host.ts';
import { buildCorosync, newAuthkey, type PlainCorosync } from './build.ts';
import { checkCorosync } from './check.ts';
import { formatCorosync, parseCorosync } from './document.ts';
import { settingsOf } from './settings.ts';

const pair: PlainCorosync = {
  clusterName: 'scratch',
  nodes: [
    { name: 'oss1', addresses: ['10.0.0.1', '10.0.1.1'] },
    { name: 'oss2', addresses: ['10.0.0.2', '10.0.1.2'] },
  ],
};
const refused = (change: Partial<PlainCorosync>, message: RegExp): void =>
  assert.throws(
    () => buildCorosync({ ...pair, ...change }, 'c'),
    (error) => {
      assert.ok(error instanceof AppError && error.code === 'config', String(error));
      assert.match(error.message, message);
      return true;
    },
  );

describe('a new corosync.conf', () => {
  it('of a pair has two links, proven messages, and quorum for two', () => {
    const document = buildCorosync(pair, 'c');
    assert.equal(
      formatCorosync(document),
      `totem {
    version: 2
    cluster_name: scratch
    transport: knet
    crypto_cipher: aes256
    crypto_hash: sha256
}

nodelist {
    node {
        name: oss1
        nodeid: 1
        ring0_addr: 10.0.0.1
        ring1_addr: 10.0.1.1
    }
    node {
        name: oss2
        nodeid: 2
        ring0_addr: 10.0.0.2
        ring1_addr: 10.0.1.2
    }
}

quorum {
    provider: corosync_votequorum
    two_node: 1
}

logging {
    to_syslog: yes
    to_stderr: no
    to_logfile: no
    timestamp: on
}
`,
    );
    assert.deepEqual(checkCorosync(document), []);
  });

  it('says what was asked for', () => {
    const read = settingsOf(
      buildCorosync(
        {
          clusterName: 'three',
          nodes: [3, 5, 7].map((nodeId) => ({ name: `n${nodeId}`, nodeId, addresses: [`fd00::${nodeId}`] })),
          tokenMs: 5000,
          consensusMs: 9000,
          crypto: { cipher: 'aes128', hash: 'sha1' },
          keyFile: '/etc/key',
          linkMode: 'rr',
          configVersion: 4,
          waitForAll: true,
          logFile: '/var/log/c.log',
          system: { sched_rr: 'no' },
        },
        'c',
      ),
    );
    assert.deepEqual(
      [
        read.timeouts.tokenMs,
        read.timeouts.consensusMs,
        read.crypto.cipher,
        read.crypto.keyFile,
        read.linkMode,
        read.configVersion,
      ],
      [5650, 9000, 'aes128', '/etc/key', 'rr', 4],
    );
    assert.deepEqual([read.quorum.isTwoNode, read.quorum.waitsForAll, read.quorum.votesNeeded], [false, true, 2]);
    assert.deepEqual(
      read.nodes.map(({ nodeId }) => nodeId),
      [3, 5, 7],
    );
  });

  it('is refused where corosync would not start, or would start wrongly', () => {
    const [one, two] = pair.nodes;
    refused({ nodes: [] }, /without nodes/);
    refused({ nodes: [one!, { ...two!, addresses: ['10.0.0.2'] }] }, /oss2 has 1 addresses and oss1 has 2/);
    refused({ nodes: [one!, { ...two!, addresses: ['10.0.0.2', '10.0.0.1'] }] }, /the address 10.0.0.1 is there twice/);
    refused({ nodes: [one!, { ...two!, name: 'oss1' }] }, /the name oss1 is there twice/);
    refused({ nodes: [one!, { ...two!, nodeId: 1 }] }, /the id 1 is there twice/);
    refused({ nodes: [{ ...one!, nodeId: 0 }] }, /the id 0 of node oss1/);
    refused({ nodes: [{ ...one!, name: 'a b' }] }, /"a b" cannot be the name/);
    refused({ nodes: [{ ...one!, addresses: [] }] }, /has 0 addresses/);
    refused(
      { nodes: [{ ...one!, addresses: Array.from({ length: 9 }, (_, at) => `10.0.0.${at}`) }] },
      /has 9 addresses/,
    );
    refused({ clusterName: 'a\n}' }, /the value of cluster_name holds a line end/);
    refused({ keyFile: `/${'x'.repeat(600)}` }, /a line of more than 511 bytes/);
  });

  it('has a key of 256 bytes of chance', () => {
    assert.equal(newAuthkey(systemRandom).length, 256);
    assert.equal(newAuthkey(systemRandom, 4096).length, 4096);
    assert.notDeepEqual(newAuthkey(systemRandom), newAuthkey(systemRandom));
    assert.deepEqual(newAuthkey(simulated.seededRandom(1)), newAuthkey(simulated.seededRandom(1)));
    for (const length of [127, 4097]) assert.throws(() => newAuthkey(systemRandom, length), { code: 'config' });
  });
});

describePeer('corosync -t', ['corosync'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-corosync-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const keyFile = join(folder, 'authkey');
  writeFileSync(keyFile, newAuthkey(systemRandom), { mode: 0o400 });

  /** It wants one of the nodes to be this machine. */
  const here = (plain: PlainCorosync): PlainCorosync => ({
    ...plain,
    keyFile,
    nodes: plain.nodes.map((node, at) =>
      at > 0 ? node : { ...node, addresses: node.addresses.map((_, link) => `127.0.0.${link + 1}`) },
    ),
  });

  async function tested(text: string): Promise<{ exitCode: number; said: string }> {
    const file = join(folder, 'corosync.conf');
    writeFileSync(file, text);
    const args = ['-t', '-c', file];
    const { exitCode, output, errorText } = await systemProcesses.run(requirePeer('corosync'), args, {
      timeLimitMs: 30_000,
    });
    return { exitCode, said: `${output}${errorText}` };
  }

  it('takes what is built', async () => {
    const plains: PlainCorosync[] = [
      pair,
      { ...pair, crypto: 'none' },
      {
        ...pair,
        tokenMs: 1000,
        consensusMs: 1200,
        linkMode: 'active',
        configVersion: 3,
        waitForAll: false,
        logFile: join(folder, 'log'),
      },
      { ...pair, system: { sched_rr: 'no', move_to_root_cgroup: 'no' }, crypto: { cipher: 'aes128', hash: 'sha512' } },
      { ...pair, nodes: [...pair.nodes, { name: 'oss3', nodeId: 9, addresses: ['10.0.0.3', '10.0.1.3'] }] },
      { ...pair, nodes: [{ name: 'alone', addresses: Array.from({ length: 8 }, (_, at) => `10.0.${at}.1`) }] },
    ];
    for (const plain of plains) {
      const { exitCode, said } = await tested(formatCorosync(buildCorosync(here(plain), 'c')));
      assert.equal(exitCode, 0, said);
    }
  });

  it('finds the same lines wrong as we do', async () => {
    const good = formatCorosync(buildCorosync(here(pair), 'c'));
    const line = fc.constantFrom(
      'foo',
      'foo {',
      '}',
      '} x',
      'foo { bar: 1',
      ' {',
      '# x',
      '',
      'foo_key: 1 # z',
      `# ${'x'.repeat(509)}`,
      `# ${'x'.repeat(508)}`,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(line, fc.nat(20)), { maxLength: 2 }), async (added) => {
        const lines = good.split('\n');
        for (const [text, at] of added) lines.splice(at, 0, text);
        const { problems } = parseCorosync(lines.join('\n'), 'c');
        const { said } = await tested(lines.join('\n'));
        const theirs = /parser error: [^\n]*:(\d+): ([^\n]*)/.exec(said);
        // Corosync notices a missing } at the end of the file; we say where the section begins.
        const first = problems.find(({ text }) => text !== 'this section is never closed');
        if (first !== undefined) assert.equal(theirs?.[1], `${first.place.line}`, `${said}\n${first.text}`);
        else assert.equal(theirs?.[2], problems.length > 0 ? 'Missing closing brace' : undefined, said);
      }),
      { numRuns: 60 },
    );
  });
});
