/** In the forms that the manuals of DRBD 8.4 and 9 show; the module itself is on no machine of the tests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { simulated, systemClock } from '../../host.ts';
import type { DrbdResource } from './model.ts';
import { parseProcDrbd, parseStatusJson } from './parse.ts';
import { readDrbd } from './read.ts';

/** drbd-utils 9.22, a resource with one volume on two nodes and a diskless third. */
const STATUS = `[
{
  "name": "r0",
  "node-id": 1,
  "role": "Primary",
  "suspended": false,
  "suspended-user": false,
  "suspended-no-data": false,
  "suspended-fencing": false,
  "suspended-quorum": false,
  "force-io-failures": false,
  "write-ordering": "flush",
  "devices": [
    {
      "volume": 0,
      "minor": 1000,
      "disk-state": "UpToDate",
      "client": false,
      "open": true,
      "quorum": true,
      "size": 10485404,
      "read": 2004,
      "written": 12,
      "al-writes": 2,
      "bm-writes": 0,
      "upper-pending": 0,
      "lower-pending": 0
    } ],
  "connections": [
    {
      "peer-node-id": 0,
      "name": "oss2",
      "connection-state": "Connected",
      "congested": false,
      "peer-role": "Secondary",
      "tls": false,
      "ap-in-flight": 0,
      "rs-in-flight": 0,
      "peer_devices": [
        {
          "volume": 0,
          "replication-state": "Established",
          "peer-disk-state": "UpToDate",
          "peer-client": false,
          "resync-suspended": "no",
          "received": 0,
          "sent": 12,
          "out-of-sync": 0,
          "pending": 0,
          "unacked": 0,
          "has-sync-details": false,
          "has-online-verify-details": false,
          "percent-in-sync": 100.00
        } ]
    },
    {
      "peer-node-id": 2,
      "name": "witness",
      "connection-state": "Connected",
      "congested": false,
      "peer-role": "Secondary",
      "ap-in-flight": 0,
      "rs-in-flight": 0,
      "peer_devices": [
        {
          "volume": 0,
          "replication-state": "Established",
          "peer-disk-state": "Diskless",
          "peer-client": true,
          "resync-suspended": "no",
          "out-of-sync": 0
        } ]
    } ]
}
]
`;

/** DRBD 8.4.11: in step, being copied to the peer, and alone. */
const PROC = `version: 8.4.11 (api:1/proto:86-101)
srcversion: 211FB288A383ED945B83420 
 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----
    ns:1048508 nr:0 dw:12 dr:1049612 al:8 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:0
 1: cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent C r-----
    ns:29696 nr:0 dw:0 dr:31568 al:8 bm:0 lo:0 pe:2 ua:2 ap:0 ep:1 wo:f oos:1018812
	[>....................] sync'ed:  3.0% (1018812/1048508)K
	finish: 0:00:34 speed: 29,696 (29,696) K/sec
 2: cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown C r-----
    ns:0 nr:0 dw:0 dr:0 al:0 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:4096
 3: cs:Unconfigured
`;

describe('DRBD', () => {
  it('9 tells of devices, peers and their volumes', () => {
    const [r0, ...others] = parseStatusJson(STATUS);
    assert.deepEqual(others, []);
    assert.deepEqual([r0?.name, r0?.role, r0?.disks], ['r0', 'Primary', ['UpToDate']]);
    assert.deepEqual(
      r0?.peers.map(({ name, connection, volumes }) => [name, connection, volumes[0]?.disk, volumes[0]?.isClient]),
      [
        ['oss2', 'Connected', 'UpToDate', false],
        ['witness', 'Connected', 'Diskless', true],
      ],
    );
  });

  it('8 tells of numbered devices', () => {
    const [a, b, c] = parseProcDrbd(
      PROC,
      new Map([
        ['a', [0]],
        ['b', [0, 1]],
        ['c', [2]],
      ]),
    ) as DrbdResource[];
    assert.deepEqual(
      [a?.role, a?.disks, a?.peers[0]?.volumes],
      ['Primary', ['UpToDate'], [{ replication: 'Established', disk: 'UpToDate', outOfSyncKib: 0, isClient: false }]],
    );
    assert.deepEqual(
      b?.peers[0]?.volumes.map(({ replication, disk, outOfSyncKib }) => [replication, disk, outOfSyncKib]),
      [
        ['Established', 'UpToDate', 0],
        ['SyncSource', 'Inconsistent', 1_018_812],
      ],
    );
    assert.deepEqual([b?.peers[0]?.connection, c?.peers[0]?.connection], ['Connected', 'WFConnection']);
    for (const minors of [[], [7]])
      assert.throws(() => parseProcDrbd(PROC, new Map([['x', minors]])), /all volumes of x/);
  });

  it('that says something else is not understood', () => {
    for (const text of ['', '{}', '[1]', '[{"name":"r0"}]', STATUS.slice(0, 900), STATUS.replace('"UpToDate"', '""')])
      assert.throws(
        () => parseStatusJson(text),
        (error) => hasCode(error, 'cluster-unclear'),
        text,
      );
    assert.throws(() => parseProcDrbd('version: 9.1.7 (api:2/proto:110-121)\n', new Map()), /no version 8/);
  });

  it('is read by the machine that has it', async () => {
    const read = (output: string, names: string[], exitCode = 0) =>
      readDrbd({ name: 'oss1', processes: simulated.scriptedProcesses(() => ({ output, exitCode })) }, names, {
        clock: systemClock,
      });
    assert.equal((await read(`json\n${STATUS}\nend\n`, ['r0'])).get('r0')?.role, 'Primary');
    assert.equal((await read(`minor 0 a\nminor 1 a\nproc\n${PROC}\nend\n`, ['a'])).get('a')?.disks.length, 2);
    const cases: [string, string[], number, RegExp][] = [
      ['none\n', ['r0'], 0, /oss1: not loaded/],
      [`json\n${STATUS}\nend\n`, ['r9'], 0, /no resource r9/],
      [`json\n${STATUS}`, ['r0'], 0, /cut short/],
      ['json\n', ['r0'], 82, /DRBD on oss1: cut short/],
      [`proc\n${PROC}\nend\n`, ['a'], 0, /all volumes of a/],
    ];
    for (const [output, names, exitCode, message] of cases)
      await assert.rejects(read(output, names, exitCode), (error) => {
        assert.ok(hasCode(error, 'cluster-unclear'));
        assert.match(error.message, message);
        return true;
      });
  });
});
