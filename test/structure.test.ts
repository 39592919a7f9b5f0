/**
 * The rules of docs/architecture.md, checked. The tables here are the rules: a new module, an exception or a direct use
 * of the machine is added to them on purpose, with a reason, or not at all.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { DIRECT } from './structure/direct.ts';
import { exportsOf, functionsOf, hiddenImports, type Import, importsOf, mask } from './structure/source.ts';
import { filesOf, isDoor, isTest, moduleOf, ROOT, textOf } from './structure/tree.ts';

/** Rule 2. Imports go to earlier rows only. */
const LAYERS = [
  ['base'],
  ['host'],
  ['storage', 'source', 'vault', 'cluster', 'ledger', 'notify'],
  ['archive', 'backup', 'restore', 'retention', 'verification', 'shelf', 'failover'],
  ['config'],
  ['daemon'],
  ['cli'],
  ['main'],
];

/** Rule 2. Imports within a row that are allowed, and why. */
const SIDEWAYS: Record<string, string> = {
  'vault → storage': 'a vault lives in a storage, which it knows as a port',
};

const MACHINE = /^node:(fs|crypto|zlib|worker_threads|child_process|net|tls|http|https|http2|dgram|dns|sqlite)(\/|$)/;
const NOW = /\b(?:Date\.now|performance\.now|Math\.random)\b|\bnew Date\(\)|\bhrtime\b/;
const PRINTS = /\bconsole\s*\.|\bprocess\s*\.\s*(?:stdout|stderr|stdin|exit|argv)\b/;
const BANNED_NAMES = /^(?:managers?|helpers?|utils?|utilities|common|data|misc)$/i;
const VENDORS = /s3|aws|amazon|minio|sftp|mysql|postgres|sqlite|gluster|pacemaker|kubernetes/i;

const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 70;
const DOOR_EXPORTS_MAX = 16;

const sources = filesOf('src/**/*.ts');
const code = filesOf('{src,test,bench,scripts,dashboard}/**/*.ts');
const product = sources.filter((file) => !isTest(file));
const doors = sources.filter(isDoor);
const edges = sources.flatMap((file) => importsOf(textOf(file)).map((imported) => ({ file, ...imported })));

describe('structure', () => {
  it('sees what it judges', () => {
    const seen = { sources: sources.length, doors: doors.length, imports: edges.length, documents: documents().length };
    assert.ok(
      seen.sources >= 40 && seen.doors >= 2 && seen.imports >= 100 && seen.documents >= 8,
      JSON.stringify(seen),
    );
  });

  it('knows every module, and each but base has a door', () => {
    const modules = [...new Set(sources.map(moduleOf))];
    expectNone(modules.filter((name) => !LAYERS.flat().includes(name)).map((name) => `${name} is in no layer`));
    const doorless = modules.filter((name) => name !== 'base' && !sources.includes(`src/${name}.ts`));
    expectNone(doorless.map((name) => `src/${name}/ has no door src/${name}.ts`));
  });

  it('enters other modules by the door, and never its own', () => {
    expectNone(
      edges.flatMap((edge) => {
        const target = targetOf(edge);
        if (target === undefined) return [];
        if (!target.startsWith('src/')) return isOutsideAllowed(edge.file, target) ? [] : [`${at(edge)} leaves src`];
        const own = moduleOf(edge.file) === moduleOf(target);
        // A port's types are in its door; only what is left at run time makes a circle.
        if (own && isDoor(target) && !edge.typeOnly && !isTest(edge.file)) return [`${at(edge)} imports its own door`];
        if (own || isDoor(target) || moduleOf(target) === 'base') return [];
        return [`${at(edge)} goes past the door: ${edge.target}`];
      }),
    );
  });

  it('imports downwards only', () => {
    expectNone(
      edges.flatMap((edge) => {
        const target = targetOf(edge);
        if (target === undefined || !target.startsWith('src/')) return [];
        const [from, to] = [moduleOf(edge.file), moduleOf(target)];
        if (from === to || `${from} → ${to}` in SIDEWAYS || layerOf(to) < layerOf(from)) return [];
        return [`${at(edge)}: ${from} must not import ${to}`];
      }),
    );
  });

  it('says where every import goes', () => {
    expectNone(
      sources.flatMap((file) => hiddenImports(textOf(file)).map((line) => `${file}:${line} hides its target`)),
    );
    const dangling = edges.filter((edge) => !existsSync(join(ROOT, targetOf(edge) ?? '')) && !isKernel(edge.target));
    expectNone(dangling.map((edge) => `${at(edge)} points to nothing: ${edge.target}`));
  });

  it('has doors that open with their purpose, stay small, and hand out only their own', () => {
    expectNone(
      doors.flatMap((file) => {
        const text = textOf(file);
        const names = exportsOf(text);
        const foreign = importsOf(text).filter(
          (each) => each.reExport && moduleOf(resolved(file, each)) !== moduleOf(file),
        );
        return [
          ...(text.startsWith('/**') ? [] : [`${file} does not open with what it is for`]),
          ...(names.length > 0 || /^export \* as /m.test(text) ? [] : [`${file} gives nothing`]),
          ...(names.length <= DOOR_EXPORTS_MAX ? [] : [`${file} gives ${names.length} names`]),
          ...foreign.map((each) => `${file}:${each.line} hands out another module`),
        ];
      }),
    );
    const ports = doors.filter((file) => ['storage', 'source'].includes(moduleOf(file)));
    const vendors = ports.flatMap((file) => exportsOf(textOf(file)).filter((name) => VENDORS.test(name)));
    expectNone(vendors.map((name) => `a port names a vendor: ${name}`));
  });

  it('prints only at the edge', () => {
    const core = product.filter((file) => !['cli', 'main'].includes(moduleOf(file)));
    expectNone(linesMatching(core, PRINTS).map((place) => `${place} prints or touches the process`));
  });

  it('takes the machine as an argument', () => {
    const through = product.filter((file) => moduleOf(file) !== 'host' && !(file in DIRECT));
    const direct = edges.filter((edge) => through.includes(edge.file) && usesMachine(edge));
    expectNone(
      direct.map((edge) => `${at(edge)} imports ${edge.target}; take it through host or list it with a reason`),
    );
    const pure = through.filter((file) => moduleOf(file) !== 'main');
    expectNone(linesMatching(pure, NOW).map((place) => `${place} asks the machine for time or chance`));
    const idle = Object.keys(DIRECT).filter((file) => !edges.some((edge) => edge.file === file && usesMachine(edge)));
    expectNone(idle.map((file) => `${file} is listed as direct but is not, or is gone`));
  });

  it('keeps files and functions short', () => {
    const long = code.map((file) => ({ file, lines: textOf(file).split('\n').length - 1 }));
    const functions = product.flatMap((file) => functionsOf(textOf(file)).map((span) => ({ file, ...span })));
    assert.ok(functions.length >= 100, `saw only ${functions.length} functions`);
    const longer = functions.filter(({ lines }) => lines > FUNCTION_LINES_MAX);
    expectNone([
      ...long.filter(({ lines }) => lines > FILE_LINES_MAX).map(({ file, lines }) => `${file} has ${lines} lines`),
      ...longer.map(({ file, line, name, lines }) => `${file}:${line} ${name} has ${lines} lines`),
    ]);
  });

  it('names files for what they hold', () => {
    const named = filesOf('{src,scripts,bench,kernels,dashboard}/**/*');
    expectNone(named.filter((file) => file.split(/[/.-]/).some((word) => BANNED_NAMES.test(word))));
    expectNone(linesMatching(sources, /^\s*export\s+default\b/).map((place) => `${place} has a default export`));
  });

  it('links to what exists', () => {
    const links = documents().flatMap(linksOf);
    assert.ok(links.length >= 10, `saw only ${links.length} links`);
    expectNone(links.filter(({ found }) => !found).map(({ file, link }) => `${file}: ${link}`));
  });

  it('is of no particular machine', () => {
    const texts = filesOf('{.,.ci,bin,src,test,bench,scripts,docs,kernels,dashboard}/{*,**/*}').filter(
      (file) => !/\.(wasm|tgz|bin|png)$/.test(file) && file !== 'test/structure.test.ts',
    );
    assert.ok(texts.length >= 60, `saw only ${texts.length} files`);
    expectNone(texts.flatMap((file) => ofOneMachine(file)));
  });
});

function expectNone(found: string[]): void {
  assert.equal(found.length, 0, `\n  ${found.join('\n  ')}\n`);
}

function at({ file, line }: { file: string; line: number }): string {
  return `${file}:${line}`;
}

/** Path of an import within the checkout, or undefined when it is a package or a built-in. */
function targetOf({ file, target }: { file: string; target: string }): string | undefined {
  return target.startsWith('.') ? join(dirname(file), target) : undefined;
}

function resolved(file: string, imported: Import): string {
  return targetOf({ file, target: imported.target }) ?? `packages/${imported.target}`;
}

/** Outside `src` lie the kernels, which hosts and workers load, and what tests read. */
function isOutsideAllowed(file: string, target: string): boolean {
  return isTest(file) || target.startsWith('kernels/') || target === 'package.json';
}

/** A bundle has its kernels beside it, so sources may look for one there first. */
function isKernel(target: string): boolean {
  return target.endsWith('.wasm') && existsSync(join(ROOT, 'kernels', basename(target)));
}

function layerOf(name: string): number {
  return LAYERS.findIndex((row) => row.includes(name));
}

/** Types and the constants of the system are no use of the machine. */
function usesMachine({ target, typeOnly, names }: Import): boolean {
  if (!MACHINE.test(target) || typeOnly) return false;
  return names.length === 0 || names.some((name) => name !== 'constants');
}

function linesMatching(files: string[], pattern: RegExp): string[] {
  return files.flatMap((file) => {
    const lines = mask(textOf(file)).split('\n');
    return lines.flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : []));
  });
}

function documents(): string[] {
  return filesOf('{*.md,docs/**/*.md,bench/*.md}');
}

function linksOf(file: string): { file: string; link: string; found: boolean }[] {
  const text = textOf(file).replace(/^```[\s\S]*?^```/gm, '');
  const targets = [...text.matchAll(/\]\(<?([^)\s>]+)>?\)/g)].map((match) => match[1]!);
  return targets
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => ({ file, link, found: resolvesFrom(file, link) }));
}

function resolvesFrom(file: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : join(dirname(file), path);
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || !target.endsWith('.md') || anchorsOf(target).includes(anchor);
}

/** Headings as the usual Markdown renderers name them. */
function anchorsOf(file: string): string[] {
  return [...textOf(file).matchAll(/^#+\s+(.*)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** Traces of the machine somebody worked on, and download hosts; example users in paths are fine. */
function ofOneMachine(file: string): string[] {
  const traces =
    /(?<![\w.])\/work\/|\/tmp\/(?:probe|brief)|(?<![\w.])\/home\/(?!(?:user|users|alice|bob|carol|backup|me)\b)\w+|\b(?:registry\.npmjs|registry\.yarnpkg|npm\.pkg\.github|deb\.debian|pypi)\.\w+/g;
  return [...textOf(file).matchAll(traces)].map((match) => `${file}: ${match[0]}`);
}
