/** A process of its own that transfers, to be killed: `node shelf-sender.ts FOLDER PORT SSHD-FOLDER`. */
import { argv } from 'node:process';
import { Sshd } from '../sshd.ts';
import { MIB, ShelfWorld } from './shelf-world.ts';

const [folder, port, sshdFolder] = argv.slice(2) as [string, string, string];
const world = new ShelfWorld(new Sshd(sshdFolder, Number(port), []).address(), folder);
const { missing } = await world.run({
  bandwidth: 4 * MIB,
  onEvent: (event) => {
    if (event.kind === 'progress') process.stdout.write(`${event.stage} ${event.bytes}\n`);
  },
});
process.exitCode = missing;
