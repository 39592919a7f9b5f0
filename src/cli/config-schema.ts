import { inspect } from '../config.ts';
import { defineCommand } from './spec.ts';

export const command = defineCommand({
  description:
    'Prints the JSON Schema of the configuration, for editors that complete and check YAML. Save it beside the ' +
    'configuration and begin that with a comment: # yaml-language-server: $schema=holdfast.schema.json.',
  examples: [
    { line: 'config schema >/etc/holdfast/holdfast.schema.json', does: 'save it where the configuration refers to it' },
  ],
  writesBytes: true,
  async run({ output }) {
    const schema = inspect.jsonSchema();
    await output.bytes(`${JSON.stringify(schema, null, 2)}\n`);
    output.summary({ schema: schema['$schema'] });
    return undefined;
  },
});
