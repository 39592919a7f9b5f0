import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../base/errors.ts';
import { absolute, clean, planTargets, type TargetNode } from './targets.ts';

const FOLDERS: Record<string, string[]> = {
  '/': ['etc', 'home'],
  '/home': ['a', 'b'],
  '/home/a': ['x', 'y', 'z'],
  '/home/a/y': ['deep'],
};

describe('where a snapshot begins', () => {
  it('absolute targets keep their whole path, relative ones begin at their first name', () => {
    assert.deepEqual(shape(['/home/a', '/etc']), ['etc* = /etc', 'home/a* = /home/a']);
    assert.deepEqual(shape(['x', 'y/deep']), ['x* = /home/a/x', 'y/deep* = /home/a/y/deep']);
    assert.deepEqual(shape(['../b', 'x']), ['b* = /home/b', 'x* = /home/a/x']);
    assert.deepEqual(shape(['./y/../x']), ['x* = /home/a/x']);
  });

  it('a folder that has no name of its own stands for what is in it', () => {
    for (const target of ['.', '..', '/', '../..']) {
      const root = plan([target]);
      assert.equal(root.isTarget, true, target);
      assert.equal(root.path, absolute(target, '/home/a'));
      assert.equal(root.children.size, 0);
    }
    assert.deepEqual(shape(['.', '/etc']), [
      'etc* = /etc',
      ...['x', 'y', 'z'].map((name) => `${name}* = /home/a/${name} of /home/a`),
    ]);
    assert.deepEqual(shape(['..', 'x']), ['a* = /home/a of /home', 'b* = /home/b of /home', 'x* = /home/a/x']);
  });

  it('two places under one name are told apart by a number, the same place twice is one', () => {
    assert.deepEqual(shape(['x', '../x', '/x']), ['x* = /home/a/x', 'x-1* = /home/x', 'x-2* = /x']);
    assert.deepEqual(shape(['x', './x', 'y/../x']), ['x* = /home/a/x']);
    assert.deepEqual(shape(['y/deep', '../y/other']), ['y-1/other* = /home/y/other', 'y/deep* = /home/a/y/deep']);
  });

  it('a target inside another one is part of it, unless file systems count', () => {
    assert.deepEqual(shape(['/home', '/home/a/x']), ['home* = /home']);
    assert.deepEqual(shape(['/home/a/x', '/home']), ['home* = /home']);
    assert.deepEqual(shape(['/home', '/home/a/y'], true), [
      'home/a/x* = /home/a/x of /home',
      'home/a/y* = /home/a/y',
      'home/a/z* = /home/a/z of /home',
      'home/b* = /home/b of /home',
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
    assert.equal(absolute('../b/', '/home/a'), '/home/b');
    assert.equal(absolute('//etc/', '/home/a'), '/etc');
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
  return planTargets(targets, { workingDirectory: '/home/a', oneFileSystem, list: (path) => FOLDERS[path] });
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
