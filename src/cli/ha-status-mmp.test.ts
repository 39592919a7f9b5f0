/** What devices say turns the status red: real filesystems, mounted or not, beside what a played cluster says of them. */
import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, it } from 'node:test';
import { type RunResult, recordsOf, runHoldfast } from '../../test/cli/in-process.ts';
import { PlayedPrograms } from '../../test/cli/played-programs.ts';
import { type Lun, makeExt4, makeLun } from '../../test/lun.ts';
import { describePeer } from '../../test/peers.ts';

const FIXTURES = new URL('../../test/fixtures/crm-mon/live/', import.meta.url).pathname;
const HEALTHY = readFileSync(join(FIXTURES, 'healthy.xml'), 'utf8');
/** The same cluster, where somebody stopped ost0. */
const STOPPED = HEALTHY.replace(
  /(<resource id="ost0" [^>]*) role="Started" active="true"([^>]*) nodes_running_on="1">\s*<node [^>]*>/,
  '$1 role="Stopped" target_role="Stopped" active="false"$2 nodes_running_on="0">',
);

describePeer('ha status and devices', ['root', 'mke2fs'], () => {
  let programs: PlayedPrograms;
  const luns: Lun[] = [];
  let mdt = '';
  before(() => {
    assert.notEqual(STOPPED, HEALTHY);
    programs = new PlayedPrograms();
  });
  afterEach(() => {
    for (const lun of luns.splice(0)) lun[Symbol.dispose]();
  });
  after(() => programs?.[Symbol.dispose]());

  it('agree: in use where the cluster says so', async () => {
    const { status, text } = await told(mounted());
    assert.equal(status, 0, text);
    assert.match(text, /✔ {2}ost0 +active or crashed/);
  });

  it('clean, while the cluster says that somebody has it', async () => {
    const device = kept(makeExt4()).attach();
    const result = await told(device);
    assert.equal(result.status, 1);
    assert.match(result.text, /^✘ UNHEALTHY: 3 of 3 resources started/);
    const text = `${device}: clean, as if nobody had it, and the cluster says that n2 has it (seen from local)`;
    assert.ok(result.text.includes(`\n✘ ost0: ${text}\n`), result.text);
    assert.match(result.text, /✘ {2}ost0 +clean/);
    const [record] = recordsOf(await told(device, '--json')).filter(({ code }) => code === 'mmp-clean');
    assert.deepEqual(record, { message_type: 'remark', level: 'error', code: 'mmp-clean', subject: 'ost0', text });
  });

  it('clean is right for who only reads', async () => {
    const lun = kept(makeExt4());
    const device = lun.attach();
    lun.mount(device, ['-o', 'ro']);
    configure(device, 'noatime,ro');
    const { status, text } = await run();
    assert.equal(status, 0, text);
    assert.match(text, /✔ {2}ost0 +clean/);
  });

  it('in use, while the cluster says that nobody has it', async () => {
    const device = mounted();
    programs.play('crm_mon', printing(STOPPED));
    configure(device);
    const { status, text } = await run();
    assert.equal(status, 1);
    assert.match(text, /✘ ost0: .*: somebody has it, or had it when it died \(.+\), and the cluster knows of nobody/);
  });

  it('looked at again, with the cluster, before a contradiction counts', async () => {
    const device = mounted();
    const asked = join(programs.folder, 'asked');
    programs.forget('asked');
    programs.play(
      'crm_mon',
      `if [ -e '${asked}' ]; then\n${printing(HEALTHY)}else\ntouch '${asked}'\n${printing(STOPPED)}fi`,
    );
    configure(device);
    const { status, text } = await run();
    assert.equal(status, 0, text);
    assert.match(text, /^✔ healthy: 3 of 3/);
  });

  it('without protection: a warning', async () => {
    const { status, text } = await told(kept(makeLun('mke2fs', ['-q', '-t', 'ext4'])).image);
    assert.equal(status, 0, text);
    assert.match(text, /\n! ost0: .*: no multiple-mount protection: a second host can mount it at any time/);
    assert.match(text, /! {2}ost0 +NO MMP/);
  });

  it('marked by e2fsck, or damaged', async () => {
    const checked = kept(makeExt4(['-O', '^metadata_csum']));
    const bytes = readFileSync(checked.image);
    // The one clean block that there is, made that of a check (kernel documentation, ext4, "Multiple Mount Protection").
    const at = bytes.indexOf(Buffer.from('504d4d00504d4dff', 'hex'));
    assert.ok(at > 0);
    bytes.writeUInt32LE(0xe24d4d50, at + 4);
    writeFileSync(checked.image, bytes);
    const marked = await told(checked.image);
    assert.equal(marked.status, 1);
    assert.match(marked.text, /✘ ost0: .*: e2fsck or tune2fs is at work on it, or died at work: a mount is refused/);
    const cut = kept(makeExt4());
    truncateSync(cut.image, 1500);
    const damaged = await told(cut.image);
    assert.equal(damaged.status, 1);
    assert.match(damaged.text, /✘ ost0: .*: damaged: .*1500 bytes/);
  });

  it('not read: told, and nothing is concluded from it', async () => {
    const result = await told('/dev/disk/by-id/none');
    assert.equal(result.status, 0);
    assert.match(result.text, /\n! ost0: .*none on local: no such device/);
  });

  function kept(lun: Lun): Lun {
    luns.push(lun);
    return lun;
  }

  /** A device that somebody has mounted. */
  function mounted(): string {
    const lun = kept(makeExt4());
    const device = lun.attach();
    lun.mount(device);
    return device;
  }

  /** mdt0 is always as it should be. */
  function configure(ost: string, options = 'noatime'): void {
    mdt = mounted();
    const xml = readFileSync(join(FIXTURES, 'healthy-configuration.xml'), 'utf8')
      .replace('/dev/disk/by-id/mdt0', mdt)
      .replace(
        'name="device" value="/dev/disk/by-id/ost0"/>',
        `name="device" value="${ost}"/><nvpair id="ro" name="options" value="${options}"/>`,
      );
    programs.play('cibadmin', printing(xml));
  }

  function printing(xml: string): string {
    return `cat <<'XML'\n${xml}\nXML\n`;
  }

  async function told(device: string, ...words: string[]): Promise<RunResult> {
    programs.play('crm_mon', printing(HEALTHY));
    configure(device);
    return await run(...words);
  }

  function run(...words: string[]): Promise<RunResult> {
    return runHoldfast(['-c', join(programs.folder, 'none.yaml'), 'ha', 'status', ...words], {});
  }
});
