import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BundleFile } from './gather.ts';
import { REMOVED, redact, secretValues } from './redact.ts';

const file = (text: string, redaction: BundleFile['redaction'] = 'plain', isCut = false): BundleFile => {
  return { name: 'x', text, redaction, isCut };
};
const pair = (name: string, value: string): string => `<cib><nvpair id="a" name="${name}" value="${value}"/></cib>`;

/** The text of a bundle of these files. */
function told(...files: BundleFile[]): string[] {
  const values = secretValues(files);
  return files.map((each) => {
    const result = redact(each, values);
    return 'text' in result ? result.text : `left out: ${result.leftOut}`;
  });
}

describe('taking secrets out', () => {
  it('takes them from the CIB, and wherever else their value turns up', () => {
    const [cib, log] = told(
      file(`<?xml version="1.0"?>\n${pair('passwd', 'S3cret&amp;word')}`, 'cib'),
      file('agent said: login with S3cret&word failed; xml S3cret&amp;word'),
    );
    assert.equal(cib, `<?xml version="1.0"?>\n${pair('passwd', REMOVED)}`);
    assert.equal(log, `agent said: login with ${REMOVED} failed; xml ${REMOVED}`);
  });

  it('takes short ones only where they stand', () => {
    assert.deepEqual(told(file(pair('password', 'on'), 'cib'), file('turned on')), [
      pair('password', REMOVED),
      'turned on',
    ]);
  });

  it('keeps what is no secret', () => {
    const text = pair('ip', '10.0.0.1');
    assert.deepEqual(told(file(text, 'cib'), file('10.0.0.1')), [text, '10.0.0.1']);
  });

  it('leaves out a CIB that cannot be read, but not the complaint in its place', () => {
    const [broken, cut, complaint] = told(
      file('<cib><nvpair name="passwd" value="abcd"', 'cib'),
      file(pair('passwd', 'abcd'), 'cib', true),
      file('Call failed: not connected', 'cib'),
    );
    assert.match(broken!, /^left out: it cannot be read/);
    assert.match(cut!, /^left out/);
    assert.equal(complaint, 'Call failed: not connected');
  });

  it('takes keys from authkeys, those of comments too', () => {
    const [text, log] = told(
      file('auth 1\n1 sha1 HeartKey99\n# 2 md5 Older-Key\n3 crc\n', 'authkeys'),
      file('HeartKey99 and Older-Key'),
    );
    assert.equal(text, `auth 1\n1 sha1 ${REMOVED}\n# ${REMOVED}\n3 crc\n`);
    assert.equal(log, `${REMOVED} and ${REMOVED}`);
  });

  it('takes passwords from STONITH lines by their position, and all of unknown plugins', () => {
    const [text, log] = told(
      file(
        'node n1\nstonith_host * external/ipmi n2 10.0.0.2 admin Secr3t-pw lan\nstonith_host n1 external/ours host9 tok3n\n# stonith_host * ipmilan old words\n',
        'ha.cf',
      ),
      file('used Secr3t-pw for 10.0.0.2, tok3n'),
    );
    assert.match(text!, /external\/ipmi n2 10\.0\.0\.2 admin \(removed\) lan/);
    assert.match(text!, /external\/ours \(removed\) \(removed\)/);
    assert.doesNotMatch(text!, /Secr3t|tok3n|old words/);
    assert.equal(log, `used ${REMOVED} for 10.0.0.2, ${REMOVED}`);
  });

  it('takes keys from authkeys that are written wrong', () => {
    const KEY = 'Geh3imG3heim';
    const lines = [
      `1 ${KEY}`,
      `sha1 ${KEY}`,
      `1 sha1\t${KEY} x`,
      `1sha1 ${KEY}`,
      KEY,
      `auth ${KEY}`,
      `2\fmd5 ${KEY}\r`,
      `#${KEY}`,
    ];
    for (const line of lines) {
      const [text, log] = told(file(`auth 1\n${line}\n3 crc\n`, 'authkeys'), file(`said ${KEY}.`));
      assert.doesNotMatch(text! + log!, /Geh3im/, line);
      assert.match(text!, /^auth 1\n.*\n3 crc\n$/s);
    }
  });

  it('takes no words of a comment in authkeys for keys', () => {
    const [, log] = told(
      file('# this file must have mode 600\nauth 1\n1 crc\n', 'authkeys'),
      file('this file, mode 600'),
    );
    assert.equal(log, 'this file, mode 600');
  });

  it('takes what logs in from powerman.conf', () => {
    const text =
      'device "d" "ipmipower" "/usr/sbin/ipmipower -u admin -p Geh3im |&"\ndevice "e" "vpc" "/usr/sbin/vpcd |&"\ndevice "f" "apc" "10.0.0.1:23"\nscript login { send "Geh3im\\n" expect "\\$" }\n';
    const [shown] = told(file(text, 'powerman'));
    assert.equal(
      shown,
      `device "d" "ipmipower" "/usr/sbin/ipmipower ${REMOVED} |&"\ndevice "e" "vpc" "/usr/sbin/vpcd ${REMOVED} |&"\ndevice "f" "apc" "10.0.0.1:23"\nscript login { send "${REMOVED}" expect "\\$" }\n`,
    );
  });

  it('takes all variables of ha.cf', () => {
    const [text] = told(file('env A=b,C=d E=f # x\n#env OLD=g\nnode n1\n', 'ha.cf'));
    assert.equal(text, `env A=${REMOVED},C=${REMOVED} E=${REMOVED} # x\n#env OLD=${REMOVED}\nnode n1\n`);
  });

  it('takes what looks like one in any text', () => {
    const cases: [string, string][] = [
      ['password=abc def', `password=${REMOVED} def`],
      ['"passwd": "abc", x', `"passwd": "${REMOVED}", x`],
      ['//nas/x /mnt cifs user=a,password=b 0 0', `//nas/x /mnt cifs user=a,password=${REMOVED} 0 0`],
      ['fence_x --password abc -o', `fence_x --password ${REMOVED} -o`],
      [
        'info: ++ <nvpair id="i" name="passwd" value="old one"/>',
        `info: ++ <nvpair id="i" name="passwd" value="${REMOVED}"/>`,
      ],
      ["+ nvpair[@id='f-passwd']:  @value=old one\nnext", `+ nvpair[@id='f-passwd']:  @value=${REMOVED}\nnext`],
      ["+ nvpair[@id='f-ip']:  @value=10.0.0.1", "+ nvpair[@id='f-ip']:  @value=10.0.0.1"],
      ['totem {\n  key: abcdef\n}', `totem {\n  key: ${REMOVED}\n}`],
      ['a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nb', `a\n${REMOVED}\nb`],
    ];
    for (const [text, expected] of cases) assert.deepEqual(told(file(text)), [expected]);
  });

  it('leaves no secret of four characters or more anywhere', () => {
    const secret = fc.string({ minLength: 6, maxLength: 20, unit: fc.constantFrom(...'aZ09$.*\\/&<"+?^{}()|[]-') });
    const spelled = (value: string): string =>
      value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
    fc.assert(
      fc.property(secret, fc.string(), (value, around) => {
        const texts = told(
          file(pair('password', spelled(value)), 'cib'),
          file(`${around}${value}${around}`),
          file(spelled(value)),
        );
        for (const text of texts)
          assert.ok(!text.includes(value) || REMOVED.includes(value), JSON.stringify([value, text]));
      }),
      { numRuns: 300 },
    );
  });
});
