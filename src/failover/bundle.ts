/**
 * A support bundle: what the nodes of a cluster are configured to do, what they say and what they logged, with secrets taken
 * out, and a manifest that names all that could not be had. A node that is dead is in the manifest, and stops nothing.
 */
export { gatherNode } from './bundle/gather.ts';
export { type Bundle, bundleOf } from './bundle/manifest.ts';
