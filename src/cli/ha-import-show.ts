/** How an import is told: decisions, what has no equivalent, and files. */
import { basename } from 'node:path';
import { hideSecrets } from '../cluster.ts';
import { type imports, lustre } from '../failover.ts';
import type { Context } from './context.ts';
import type { Output } from './output.ts';
import { printable } from './text.ts';

export interface Told {
  explanations: readonly imports.Explanation[];
  unmapped: readonly imports.Unmapped[];
}

/** With the indentation it fits 80 columns. */
const WIDTH = 74;

export function showDecisions({ output }: Context, { explanations, unmapped }: Told): void {
  output.line(output.paint('bold', 'Decisions'));
  output.table(
    [{ title: 'From' }, { title: 'Before', flexible: 'start' }, { title: 'After', flexible: 'start' }],
    explanations.map(({ place, was, becomes }) => [placeText(place), was, becomes]),
  );
  if (!output.quiet) {
    output.line();
    output.line(output.paint('bold', 'Why'));
    for (const [why, about] of Map.groupBy(explanations, (each) => each.why))
      block(output, [...new Set(about.map((each) => each.about))].join(', '), why);
  }
  for (const { place, ...rest } of explanations) output.record('decision', { ...rest, ...placeFields(place) });
  if (unmapped.length === 0) return;
  output.line();
  output.line(output.paint('yellow', `! To be done by hand (${unmapped.length})`));
  for (const { what, place, why, instead } of unmapped) {
    const at = placeText(place);
    block(output, `${what}${at === '' ? '' : ` (${at})`}`, `${why}. Instead: ${instead}.`);
    output.record('unmapped', { what, why, instead, ...placeFields(place) });
  }
}

export function showGroups({ output }: Context, groups: readonly imports.ImportGroup[]): void {
  for (const { id, nodes, resources, isComplete, place } of groups)
    output.record('group', {
      id,
      nodes,
      complete: isComplete,
      resources: resources.map(({ id: resource = null, agent = null, script, params }) => ({
        id: resource,
        agent,
        script,
        params: params.map((param) => hideSecrets(param)),
      })),
      ...placeFields(place),
    });
}

/** Printed to be read and run by a person. */
export function showLustre({ output }: Context, commands: readonly lustre.LustreCommands[]): void {
  if (commands.length === 0) return;
  output.line();
  output.line(output.paint('bold', 'Lustre targets: where clients find them. Run while the target is mounted nowhere'));
  for (const { target, serviceNode, failNode } of commands) {
    const text = {
      servicenode_mkfs: lustre.shellText(serviceNode.mkfs),
      servicenode_tunefs: lustre.shellText(serviceNode.tunefs),
      failnode_mkfs: lustre.shellText(failNode.mkfs),
      failnode_tunefs: lustre.shellText(failNode.tunefs),
    };
    output.line(printable(`  ${target.resource}: ${target.device}, ${target.nodes.join(' then ')}`));
    output.line(printable(`    existing  ${text.servicenode_tunefs}`));
    output.line(printable(`    new       ${text.servicenode_mkfs}`));
    output.line(printable(`    of old    ${text.failnode_tunefs}`));
    output.record('lustre_target', { resource: target.resource, device: target.device, nodes: target.nodes, ...text });
  }
}

/** The text of a file that would be written, without secrets. */
export function showFile({ output }: Context, name: string, text: string): void {
  output.line();
  output.line(output.paint('bold', name));
  for (const line of text.trimEnd().split('\n')) output.line(printable(line));
}

function block(output: Output, title: string, text: string): void {
  output.line(`  ${printable(title)}`);
  for (const line of wrapped(text)) output.line(`      ${printable(line)}`);
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function placeText(place: imports.Explanation['place']): string {
  return place === undefined ? '' : `${basename(place.file)}:${place.line}`;
}

function placeFields(place: imports.Explanation['place']): Record<string, unknown> {
  return place === undefined ? {} : { file: place.file, line: place.line, column: place.column };
}
