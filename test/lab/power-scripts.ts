/** How hosts reach the power controller: an agent for Pacemaker's fencer and a plugin for Heartbeat's STONITH. */

/** Where every host has the controller's socket. */
export const POWER_SOCKET = '/bmc/power.sock';

/** Asks `OP HOST`, and says in whose name. Prints the answer. */
const ASK = `import socket
def ask(op, host='-'):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sock)
    s.sendall(f'{op} {host} {socket.gethostname()}\\n'.encode())
    return s.makefile().readline().strip()
`;

/** Options come as lines `NAME=VALUE` on standard input, or as \`-o\` and \`-n\` (the FenceAgentAPI of ClusterLabs). */
export const FENCE_AGENT = `#!/usr/bin/python3
import sys
options = {'action': 'reboot', 'sock': '${POWER_SOCKET}'}
given = sys.argv[1:]
if given:
    while given:
        word = given.pop(0)
        if word in ('-o', '--action'): options['action'] = given.pop(0)
        elif word in ('-n', '--plug'): options['plug'] = given.pop(0)
        elif word.startswith('--') and '=' in word:
            name, value = word[2:].split('=', 1)
            options[name] = value
else:
    for line in sys.stdin:
        if '=' in line and not line.startswith('#'):
            name, value = line.strip().split('=', 1)
            options[name] = value
action, plug, sock = options['action'], options.get('plug') or options.get('port', ''), options['sock']
${ASK}
METADATA = '''<?xml version="1.0" ?>
<resource-agent name="fence_lab" shortdesc="Power controller of the lab">
<longdesc>Powers hosts of the lab on and off.</longdesc>
<vendor-url>http://localhost/</vendor-url>
<parameters>
<parameter name="action" unique="0" required="1"><getopt mixed="-o, --action=[action]"/><content type="string" default="reboot"/><shortdesc lang="en">What to do</shortdesc></parameter>
<parameter name="plug" unique="0" required="0"><getopt mixed="-n, --plug=[id]"/><content type="string"/><shortdesc lang="en">Host to act on</shortdesc></parameter>
<parameter name="sock" unique="0" required="0"><getopt mixed="--sock=[path]"/><content type="string" default="${POWER_SOCKET}"/><shortdesc lang="en">Socket of the controller</shortdesc></parameter>
</parameters>
<actions><action name="on" automatic="0"/><action name="off"/><action name="reboot"/><action name="status"/><action name="list"/><action name="monitor"/><action name="metadata"/><action name="validate-all"/></actions>
</resource-agent>'''
def act():
    if action == 'metadata':
        print(METADATA)
        return 0
    if action == 'validate-all': return 0
    if action == 'list' or (action == 'monitor' and not plug):
        words = ask('list').split()
        if action == 'list':
            for host in words[1:]: print(host + ',')
        return 0 if words[:1] == ['OK'] else 1
    answer = ask('status' if action == 'monitor' else action, plug)
    if action == 'status': return {'OK on': 0, 'OK off': 2}.get(answer, 1)
    if not answer.startswith('OK'):
        print(answer, file=sys.stderr)
        return 1
    if action == 'off' and ask('status', plug) != 'OK off': return 1
    return 0
try:
    sys.exit(act())
except OSError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
`;

/** external/lab: parameters come in the environment, and what to do as arguments (cluster-glue, README.external). */
export const STONITH_PLUGIN = `#!/usr/bin/python3
import os, sys
sock = os.environ.get('sock') or '${POWER_SOCKET}'
${ASK}
SAYS = {
    'getconfignames': 'hostlist\\nsock',
    'getinfo-devid': 'lab',
    'getinfo-devname': 'power controller of the lab',
    'getinfo-devdescr': 'Powers hosts of the lab on and off',
    'getinfo-devurl': 'http://localhost/',
    'getinfo-xml': '<parameters><parameter name="hostlist" unique="1" required="1"><content type="string"/><shortdesc lang="en">hosts</shortdesc></parameter><parameter name="sock"><content type="string"/><shortdesc lang="en">socket</shortdesc></parameter></parameters>',
}
op = sys.argv[1]
if op in SAYS:
    print(SAYS[op])
    sys.exit(0)
if op == 'gethosts':
    print('\\n'.join(os.environ.get('hostlist', '').replace(',', ' ').split()))
    sys.exit(0)
try:
    words = {'on': ('on', 2), 'off': ('off', 2), 'reset': ('reboot', 2), 'status': ('list', 0)}.get(op)
    if words is None: sys.exit(1)
    answer = ask(words[0], sys.argv[2] if words[1] else '-')
    if not answer.startswith('OK'): print(answer, file=sys.stderr)
    sys.exit(0 if answer.startswith('OK') else 1)
except OSError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
`;
