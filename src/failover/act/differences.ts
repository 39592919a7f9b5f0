/** What would change in a configuration, told without what the cluster writes itself. */
import { cib } from '../../cluster.ts';

/** Made by the cluster itself; a file that lacks them takes nothing away. */
const OWN_PROPERTIES = ['dc-version', 'cluster-infrastructure', 'cluster-name', 'have-watchdog', 'last-lrm-refresh'];
const OWN_WORDS = new RegExp(`^property (?:${OWN_PROPERTIES.join('|')})\\b|^(?:id|uname|type) of node `);

/** Lines that tell what would change, without what the cluster writes itself. */
export function differencesOf(live: cib.XmlDocument, wanted: cib.XmlDocument): string[] {
  const contents = { added: contentsOf(wanted), removed: contentsOf(live) };
  return cib.diffCibs(live, wanted).flatMap((change) => {
    if (change.kind !== 'added' && change.kind !== 'removed') return isOwn(change) ? [] : [cib.wordsOf(change)];
    const own = contents[change.kind].get(keyOf(change.subject));
    if (own === undefined) return isOwn(change) ? [] : [cib.wordsOf(change)];
    // What goes with the whole of it is told as well: an option that is lost, a standby that ends.
    const told = own.filter(({ name }) => change.kind === 'added' || !OWN_PROPERTIES.includes(name)).map(textOf);
    const isWritten = change.kind === 'removed' && (change.subject.name === 'node' || isFirst(change));
    if (isWritten && told.length === 0) return [];
    return [`${cib.wordsOf(change)}${told.length === 0 ? '' : ` (${told.join(', ')})`}`];
  });
}

interface Value {
  name: string;
  value: string | undefined;
}

/** Of sets of properties and of nodes, which are added and removed as a whole. */
function contentsOf(document: cib.XmlDocument): Map<string, readonly Value[]> {
  const { properties, nodes } = cib.readCib(document);
  return new Map([
    ...properties.map(({ id, values }) => [keyOf({ name: 'cluster_property_set', id }), values] as const),
    ...nodes.map(({ id, attributes }) => {
      return [keyOf({ name: 'node', id }), attributes.flatMap(({ values }) => values)] as const;
    }),
  ]);
}

function keyOf({ name, id }: { name: string; id: string | undefined }): string {
  return JSON.stringify([name, id]);
}

function textOf({ name, value }: Value): string {
  return `${name}=${cib.isSecretName(name) ? '(secret)' : (value ?? '')}`;
}

/** The set in which the cluster itself writes, too. */
function isFirst({ subject: { name, id } }: cib.CibChange): boolean {
  return name === 'cluster_property_set' && id === 'cib-bootstrap-options';
}

function isOwn({ subject: { name, words } }: cib.CibChange): boolean {
  if (name === 'cib') return true;
  return (name === 'nvpair' || name === 'node') && OWN_WORDS.test(words);
}
