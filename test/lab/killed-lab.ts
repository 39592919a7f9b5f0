/** A program that opens a lab with a running host and a mounted disk, says where, and is killed in the middle of it. */
import { Lab } from './lab.ts';

if (import.meta.main) {
  const lab = await Lab.open();
  const host = lab.host('doomed');
  const lun = await lab.lun('disk0', 16 * 1024 * 1024, ['doomed']);
  await host.boot();
  await host.must(['mount', lun.path, '/mnt']);
  await host.must(['sh', '-c', 'setsid sleep 600 </dev/null >/dev/null 2>&1 &']);
  process.stdout.write(`${lab.directory} ${host.firstPid}\n`);
  process.kill(process.pid, 'SIGKILL');
}
