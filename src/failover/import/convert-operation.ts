/** An operation of an old CIB as a plain value of today. */
import type { cib } from '../../cluster.ts';

export function convertOperation({
  name,
  intervalMs,
  timeoutMs,
  onFail,
  role,
  params,
}: cib.Operation): cib.PlainOperation {
  const values = Object.fromEntries(
    params.flatMap((set) => set.values.map((pair) => [pair.name, pair.value ?? ''] as const)),
  );
  return {
    name,
    ...(intervalMs === undefined ? {} : { interval: durationText(intervalMs) }),
    ...(timeoutMs === undefined ? {} : { timeout: durationText(timeoutMs) }),
    ...(onFail === undefined ? {} : { onFail }),
    ...(role === undefined ? {} : { role }),
    ...(Object.keys(values).length === 0 ? {} : { params: values }),
  };
}

function durationText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
