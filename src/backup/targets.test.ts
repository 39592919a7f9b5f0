import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../base/errors.ts';
import { absolute, clean, planTargets, type TargetNode } from './targets.ts';

const FOLDERS: Record<string, string[]> = {
  '/': ['etc', 'h'],
  '/h': ['a', 'b'],
  '/h/a': ['x', 'y', 'z'],
  '/h/a/y': ['deep'],
};

describe('where a snapshot begins', () => {
  it('absolute targets keep their whole path, relative ones begin at their first name', () => {
    assert.deepEqual(shape(['/h/a', '/etc']), ['etc* = /etc', 'h/a* = /h/a']);
    assert.deepEqual(shape(['x', 'y/deep']), ['x* = /h/a/x', 'y/deep* = /h/a/y/deep']);
    assert.deepEqual(shape(['../b', 'x']), ['b* = /h/b', 'x* = /h/a/x']);
    assert.deepEqual(shape(['./y/../x']), ['x* = /h/a/x']);
  });

  it('a folder that has no name of its own stands for what is in it', () => {
    for (const target of ['.', '..', '/', '../..']) {
      const root = plan([target]);
      assert.equal(root.isTarget, true, target);
      assert.equal(root.path, absolute(target, '/h/a'));
      assert.equal(root.children.size, 0);
    }
    assert.deepEqual(shape(['.', '/etc']), [
      'etc* = /etc',
      ...['x', 'y', 'z'].map((name) => `${name}* = /h/a/${name} of /h/a`),
    ]);
    assert.deepEqual(shape(['..', 'x']), ['a* = /h/a of /h', 'b* = /h/b of /h', 'x* = /h/a/x']);
  });

  it('two places under one name are told apart by a number, the same place twice is one', () => {
    assert.deepEqual(shape(['x', '../x', '/x']), ['x* = /h/a/x', 'x-1* = /h/x', 'x-2* = /x']);
    assert.deepEqual(shape(['x', './x', 'y/../x']), ['x* = /h/a/x']);
    assert.deepEqual(shape(['y/deep', '../y/other']), ['y-1/other* = /h/y/other', 'y/deep* = /h/a/y/deep']);
  });

  it('a target inside another one is part of it, unless file systems count', () => {
    assert.deepEqual(shape(['/h', '/h/a/x']), ['h* = /h']);
    assert.deepEqual(shape(['/h/a/x', '/h']), ['h* = /h']);
    assert.deepEqual(shape(['/h', '/h/a/y'], true), [
      'h/a/x* = /h/a/x of /h',
      'h/a/y* = /h/a/y',
      'h/a/z* = /h/a/z of /h',
      'h/b* = /h/b of /h',
    ]);
    assert.deepEqual(shape(['/gone', '/gone/in'], true), ['gone* = /gone'], 'what cannot be listed stays in one piece');
  });

  it('nothing at all is refused', () => {
    assert.throws(
      () => plan([]),
      (error) => hasCode(error, 'source-missing'),
    );
  });
});

describe('paths', () => {
  it('lose what means nothing', () => {
    assert.equal(clean('a//b/./c/..'), '/a/b');
    assert.equal(clean('/../..//x/'), '/x');
    assert.equal(clean(''), '/');
    assert.equal(absolute('../b/', '/h/a'), '/h/b');
    assert.equal(absolute('//etc/', '/h/a'), '/etc');
  });

  it('are clean once they are cleaned, and have no way out', () => {
    const part = fc.constantFrom('a', 'b', '.', '..', '', 'c d');
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const path = clean(parts.join('/'));
        assert.equal(clean(path), path);
        assert.ok(path.startsWith('/') && !path.split('/').some((name) => name === '..' || name === '.'));
        assert.ok(path === '/' || !/\/\/|\/$/.test(path));
      }),
    );
  });
});

function plan(targets: string[], oneFileSystem = false): TargetNode {
  return planTargets(targets, { workingDirectory: '/h/a', oneFileSystem, list: (path) => FOLDERS[path] });
}

/** `path in the snapshot* = what is captured there`, and whose file system counts where that is another target's. */
function shape(targets: string[], oneFileSystem = false): string[] {
  const lines: string[] = [];
  const walk = (node: TargetNode, above: string): void => {
    for (const child of node.children.values()) {
      const path = `${above}${child.name}`;
      const of = child.given === child.path ? '' : ` of ${child.given}`;
      if (child.isTarget) lines.push(`${path}* = ${child.path}${of}`);
      walk(child, `${path}/`);
    }
  };
  walk(plan(targets, oneFileSystem), '');
  return lines.sort();
}
