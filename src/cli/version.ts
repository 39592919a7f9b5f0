import { arch, platform, release } from 'node:os';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description: 'Shows the version of Holdfast and of what it runs on, for bug reports.',
  examples: [
    { line: 'version', does: 'show all versions' },
    { line: '--version', does: 'show the version of Holdfast alone' },
  ],
  async run({ output, version }) {
    const { node, openssl, zstd } = process.versions;
    const facts = { holdfast: version, node, openssl, zstd, system: `${platform()} ${release()} ${arch()}` };
    for (const [name, value] of Object.entries(facts)) output.line(`${name.padEnd(9)} ${value}`);
    output.summary({ version, ...facts });
    return undefined;
  },
});
