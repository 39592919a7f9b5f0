/** Hex digits of an id that lists show, as restic's do; enough to name a snapshot of any vault people keep. */
const SHORT_ID_LENGTH = 8;

export function shortId(id: string): string {
  return id.slice(0, SHORT_ID_LENGTH);
}
