/** Names of files that are still arriving. They stand beside where they are going, so that the last step is a rename. */

const SUFFIX = '.holdfast-part';

/** `tracs/…/dybsvn.tar.gz` → `tracs/…/dybsvn.tar.gz.holdfast-part`; `token` keeps two writers apart where that is wanted. */
export function partialPath(path: string, token = ''): string {
  return token === '' ? `${path}${SUFFIX}` : `${path}.${token}${SUFFIX}`;
}

/** Ours, and what scp wrappers, rsync and browsers leave. */
export function isPartial(path: string): boolean {
  return /\.(?:holdfast-part|part|partial|filepart|tmp)$|\/\.[^/]+\.[A-Za-z0-9]{6}$/.test(path);
}
