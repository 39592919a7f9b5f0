import { after, before } from 'node:test';
import { describePeer } from '../../test/peers.ts';
import { type Sshd, startSshd } from '../../test/sshd.ts';
import { ssh, systemProcesses } from '../host.ts';
import { endContract } from './end-contract.ts';
import { sshEnd } from './ssh-end.ts';

endContract('by commands', {
  open: (root, onProblem) => sshEnd(systemProcesses, { address: `here:${root}`, root, onProblem }),
});

describePeer('over ssh', ['sshd', 'ssh-keygen'], () => {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd();
  });
  after(() => sshd[Symbol.asyncDispose]());

  endContract('over ssh', {
    open: (root, onProblem) => {
      const processes = ssh.sshProcesses(systemProcesses, sshd.address());
      return sshEnd(processes, { address: `far:${root}`, root, onProblem });
    },
  });
});
