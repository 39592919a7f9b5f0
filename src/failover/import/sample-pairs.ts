/** Pairs of any kind for property tests: what Heartbeat accepts, drawn by fast-check. */
import fc from 'fast-check';
import { sampleInput } from './sample.ts';

const NODES = ['oss01', 'oss02'] as const;
const word = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,9}$/);

/** Lines of resources that have an equivalent; `at` keeps devices and addresses apart. */
const resource = (at: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(
      `10.0.0.${at}`,
      `IPaddr::10.0.0.${at}/255.255.255.0/eth0:${at}`,
      `IPaddr2::10.0.0.${at}/24/eth0/10.0.0.255`,
      `IPv6addr::fd00:0:0:0:0:0:0:${at}/64`,
      `Filesystem::/dev/sd${at}::/mnt/${at}::ext4`,
      `Filesystem::LABEL=l${at}::/mnt/${at}`,
      `Filesystem::/dev/md${at}::/mnt/${at}::lustre::noatime,user_xattr`,
      `LVM::vg${at}`,
      `Raid1::/etc/mdadm.conf.${at}::/dev/md${at}`,
      `drbddisk::r${at}`,
      `Delay::1::2`,
      `MailTo::root@example.org::subject${at}`,
      'httpd',
      `portblock::tcp::${at}::block`,
    ),
    word.map((name) => `own-${name}`),
  );

const line = fc.record({
  node: fc.constantFrom(...NODES),
  resources: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
});

/** Numbers of resources run through all lines, so that nothing is used twice. */
const haresources: fc.Arbitrary<string> = fc.array(line, { minLength: 1, maxLength: 3 }).chain((lines) => {
  let at = 0;
  const texts = lines.map(({ node, resources }) =>
    fc.tuple(...resources.map(() => resource(++at))).map((words) => [node, ...new Set(words)].join(' ')),
  );
  return fc.tuple(...texts).map((all) => all.join('\n'));
});

const stonith: fc.Arbitrary<string[]> = fc.constantFrom(
  [],
  ['stonith_host oss01 external/ipmi oss02 10.9.0.2 root changeme lanplus'],
  [
    'stonith_host oss01 external/ipmi oss02 10.9.0.2 root changeme lanplus',
    'stonith_host oss02 external/ipmi oss01 10.9.0.1 root changeme lanplus',
  ],
  ['stonith_host * apcmaster 10.9.0.9 apc changeme'],
  ['stonith_host * meatware oss01 oss02'],
  ['stonith_host * external/libvirt oss01,oss02 qemu+ssh://kvm/system'],
);

const pings: fc.Arbitrary<string[]> = fc.constantFrom(
  [],
  ['ping 10.0.0.254'],
  ['ping 10.0.0.254', 'ping_group routers 10.0.1.1 10.0.1.2', 'respawn hacluster /usr/lib/heartbeat/ipfail'],
);

const times = fc.record({ keepalive: fc.integer({ min: 1, max: 5 }), factor: fc.integer({ min: 3, max: 40 }) });

export const samplePair = fc
  .record({
    haresources,
    stonith,
    pings,
    times,
    failback: fc.constantFrom('on', 'off', 'legacy'),
    addresses: fc.constantFrom('bcast eth0', 'bcast eth0 eth1', 'mcast eth0 239.0.0.1 694 1 0'),
  })
  .map((drawn) => {
    const { keepalive, factor } = drawn.times;
    const deadtime = keepalive * factor;
    const cf = [
      `keepalive ${keepalive}`,
      `deadtime ${deadtime}`,
      `initdead ${deadtime * 2}`,
      `auto_failback ${drawn.failback}`,
      drawn.addresses,
      ...drawn.stonith,
      ...drawn.pings,
    ];
    return { isFenced: drawn.stonith.length > 0, input: sampleInput({ cf, haresources: drawn.haresources }) };
  });
