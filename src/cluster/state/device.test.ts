import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOfDevice } from './device.ts';

test('a device is a path, elsewhere, or not known', () => {
  const cases: [device: string, kind: string | undefined, told: string][] = [
    ['/dev/mapper/ost1', 'ext4', '/dev/mapper/ost1'],
    ['LABEL=ost 1/a', 'ext4', '/dev/disk/by-label/ost\\x201\\x2fa'],
    ['LABEL="ost1"', undefined, '/dev/disk/by-label/ost1'],
    ['-L ost1', undefined, '/dev/disk/by-label/ost1'],
    ['-Lost1', undefined, '/dev/disk/by-label/ost1'],
    ['UUID=ABCD-0123', 'ext4', '/dev/disk/by-uuid/abcd-0123'],
    ['-U 0011', 'ext4', '/dev/disk/by-uuid/0011'],
    ['PARTUUID=Aa-01', 'ext4', '/dev/disk/by-partuuid/Aa-01'],
    ['//server/share', undefined, 'elsewhere'],
    ['/srv/x', 'nfs', 'elsewhere'],
    ['server:/export', undefined, 'elsewhere'],
    ['mgs@tcp:/scratch', 'lustre', 'elsewhere'],
    ['tmpfs', 'tmpfs', 'elsewhere'],
    ['', 'ext4', 'unknown'],
    ['pool/ost1', 'lustre', 'unknown'],
    ['LABEL=', 'ext4', 'unknown'],
  ];
  for (const [device, kind, told] of cases) {
    const place = placeOfDevice({ device, kind });
    assert.equal(place.kind === 'path' ? place.path : place.kind, told, device);
  }
});
