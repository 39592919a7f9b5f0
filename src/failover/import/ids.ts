/** Ids of resources from what they stand for, each there once. */

export interface Names {
  /** `wanted`, or with a number behind it where that is taken. */
  take(wanted: string): string;
}

export function newNames(): Names {
  const taken = new Set<string>();
  return {
    take(wanted) {
      const base = idText(wanted);
      let id = base;
      for (let count = 2; taken.has(id); count++) id = `${base}-${count}`;
      taken.add(id);
      return id;
    },
  };
}

/** `Filesystem` on /mnt/ost01 is `fs-ost01`, the address 10.0.0.1 is `ip-10.0.0.1`, others are `SCRIPT-FIRSTPARAMETER`. */
export function resourceName(script: string, params: Readonly<Record<string, string>>): string {
  const { directory, mountpoint, ip, md_dev: array, volgrpname: volumes } = params;
  const path = directory ?? mountpoint;
  if (path !== undefined) return `fs-${lastPart(path) || 'root'}`;
  if (array !== undefined) return `raid-${lastPart(array)}`;
  if (volumes !== undefined) return `lvm-${volumes}`;
  if (ip !== undefined && /^IPv?6?addr2?$/.test(script)) return `ip-${ip}`;
  const [first] = Object.values(params);
  return first === undefined ? script : `${script}-${lastPart(first)}`;
}

function lastPart(path: string): string {
  return path.split('/').findLast((part) => part !== '') ?? '';
}

/** An NCName of ASCII without colons. */
function idText(wanted: string): string {
  const text = wanted.replace(/[^\w.-]+/g, '-');
  return /^[A-Za-z_]/.test(text) ? text : `r-${text}`;
}
