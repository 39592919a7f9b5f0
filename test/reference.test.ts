import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  CONFIGURATION_PAGE,
  CONFIGURATION_SCHEMA,
  configurationPage,
  configurationSchema,
} from '../scripts/configuration-page.ts';
import { REFERENCE_PAGE, referencePage } from '../scripts/reference.ts';
import { COMMANDS, flagsOf, GLOBAL_OPTIONS } from '../src/cli.ts';

test('docs/reference/cli.md is what scripts/reference.ts writes', async () => {
  const page = await referencePage();
  assert.ok(Object.keys(COMMANDS).length > 0, 'there are no commands');
  for (const name of Object.keys(COMMANDS)) assert.ok(page.includes(`### holdfast ${name}\n`), name);
  assert.equal(readFileSync(REFERENCE_PAGE, 'utf8'), page, 'run: node scripts/reference.ts');
});

test('the reference of the configuration is what scripts/reference.ts writes', () => {
  const page = configurationPage();
  for (const heading of ['## At the top', '## plans.NAME', '## secret'])
    assert.ok(page.includes(`${heading}\n`), heading);
  assert.equal(readFileSync(CONFIGURATION_PAGE, 'utf8'), page, 'run: node scripts/reference.ts');
  const schema = configurationSchema();
  assert.ok(Object.keys(JSON.parse(schema).properties).length > 5);
  assert.equal(readFileSync(CONFIGURATION_SCHEMA, 'utf8'), schema, 'run: node scripts/reference.ts');
});

test('every command has a summary, a description, examples of itself, and no option that is taken already', async () => {
  const taken = Object.entries(GLOBAL_OPTIONS).flatMap(([key, spec]) => [
    key,
    ...('short' in spec ? [spec.short] : []),
  ]);
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const { description, examples, options = {}, arguments: args = [] } = await load();
    assert.match(summary, /^[A-Z].*[^.]$/, name);
    assert.match(description, /\.$/, name);
    assert.ok(examples.length > 0, `${name} has no examples`);
    assert.ok(
      examples.some(({ line }) => line.includes(name)),
      `${name} does not appear in its examples`,
    );
    const shorts = Object.values(options).flatMap(({ short }) => (short === undefined ? [] : [short]));
    assert.deepEqual(
      [...shorts, ...Object.keys(options)].filter((each) => [...taken, 'h', 'V', 'help'].includes(each)),
      [],
    );
    assert.equal(new Set(shorts).size, shorts.length, `${name} uses a letter twice`);
    for (const [key, spec] of Object.entries(options)) assert.match(flagsOf(key, spec), /--[a-z][a-z0-9-]+/);
    for (const { usage } of args) assert.match(usage, /^(?:<[a-z-]+(?:\.\.\.)?>|\[[a-z-]+(?:\.\.\.)?\])$/, name);
  }
});
