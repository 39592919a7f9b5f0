/** Filesystems of a CIB: what keeps two nodes from having one at once, and whether a mount has the time that takes. */
import { MOUNT_WAIT_MS } from '../../base/cluster-limits.ts';
import { live } from '../../cluster.ts';
import { isSharedMount } from '../claims.ts';
import { type CheckedCib, type CibRemark, timeoutOf } from './cib-checked.ts';
import type { DeviceSight } from './model.ts';
import { unprotected, WITH_MMP } from './storage.ts';

export function checkMounts(checked: CheckedCib): CibRemark[] {
  return checked.part.filesystems.flatMap((filesystem): CibRemark[] => {
    const { kind, resource } = filesystem;
    const where = live.placeOfDevice(filesystem);
    if (where.kind !== 'path' || isSharedMount({ device: where.path, type: kind, options: undefined })) return [];
    const seen = checked.sight.devices?.get(where.path);
    const place = checked.placeOf(resource);
    const remark = unprotected({ device: where.path, type: kind, place }, seen === undefined ? [] : [seen.feature]);
    const isOpen = seen === undefined && (kind === undefined || WITH_MMP.includes(kind));
    return [
      ...(remark === undefined ? [] : [{ code: 'mmp-off', ...remark }]),
      ...(isOpen ? [unexamined(where.path, place)] : []),
      ...timeouts(checked, resource, waitOf(kind, seen)),
    ];
  });
}

function unexamined(path: string, place: CibRemark['place']): CibRemark {
  return {
    code: 'not-examined',
    level: 'note',
    place,
    text: `not examined: multiple-mount protection of ${path}`,
    remedy: 'Give the name of a host that has it, or run there as root: holdfast ha mmp show DEVICE',
  };
}

/** Undefined where there is nothing to wait for, or it is not known. */
function waitOf(kind: string | undefined, seen: DeviceSight | undefined): number | undefined {
  if (seen !== undefined) return seen.afterCrashS === undefined ? undefined : seen.afterCrashS * 1000;
  return kind !== undefined && kind !== 'auto' && WITH_MMP.includes(kind) ? MOUNT_WAIT_MS : undefined;
}

/**
 * A start that runs out of time counts as failed, and the resource stays down on the one node that is left. A stop that
 * does gets a node shot that was well.
 */
function timeouts(checked: CheckedCib, resource: string, waitMs: number | undefined): CibRemark[] {
  if (waitMs === undefined) return [];
  const wait = `${waitMs / 1000} s`;
  const short = (name: string): number | undefined => {
    const ms = timeoutOf(checked, resource, name);
    return ms !== undefined && ms <= waitMs ? ms : undefined;
  };
  const [start, stop] = [short('start'), short('stop')];
  const place = checked.placeOf(resource);
  const remedy = `pcs resource update ${resource} op start timeout=300s op stop timeout=300s, or the like in crmsh`;
  return [
    ...(start === undefined
      ? []
      : [
          {
            code: 'cib-start-short',
            level: 'error' as const,
            place,
            text: `${resource} may take ${start / 1000} s to start, and multiple-mount protection alone makes a mount wait up to ${wait} after a crash: the takeover fails`,
            remedy,
          },
        ]),
    ...(stop === undefined
      ? []
      : [
          {
            code: 'cib-stop-short',
            level: 'warning' as const,
            place,
            text: `${resource} may take ${stop / 1000} s to stop; a busy file system takes longer to be written out, and then its node is shot`,
            remedy,
          },
        ]),
  ];
}
