/**
 * Boards of the lab's hosts that speak IPMI, as far as anybody notices: the real plugin of Heartbeat (external/ipmi) and the
 * real agent of Pacemaker (fence_ipmilan) both run `ipmitool`, and that of the lab passes orders on to the power controller.
 */
import type { Host } from './host.ts';
import { POWER_SOCKET } from './power-scripts.ts';

export const IPMI_PEERS = ['fence_ipmilan', 'stonith'] as const;
export const BOARD_USER = 'admin';

/** Not of its own making: what a board is called and what opens it. */
export function boardOf(host: Host): { address: string; password: string } {
  return { address: `${host.name}-board`, password: `opens-${host.name}` };
}

/** Refuses who has another name or password than the board of that address. */
const IPMITOOL = `#!/usr/bin/python3
import os, socket, sys
options, words, given = {}, [], sys.argv[1:]
while given:
    word = given.pop(0)
    if word in ('-I', '-H', '-U', '-P', '-p', '-L', '-C', '-A', '-N', '-R', '-o'): options[word] = given.pop(0)
    elif word == '-E': options['-P'] = os.environ.get('IPMI_PASSWORD', os.environ.get('IPMITOOL_PASSWORD', ''))
    elif not word.startswith('-'): words.append(word)
address = options.get('-H', '')
host = address.removesuffix('-board')
if host == address:
    sys.exit('Address lookup for %s failed' % address)
if options.get('-U') != '${BOARD_USER}' or options.get('-P') != 'opens-' + host:
    sys.exit('Error: Unable to establish IPMI v2 / RMCP+ session')
if words[:1] == ['chassis']: words.pop(0)
if words[:1] != ['power'] or len(words) != 2:
    sys.exit('Invalid command: ' + ' '.join(words))
op = {'reset': 'reboot', 'cycle': 'reboot'}.get(words[1], words[1])
s = socket.socket(socket.AF_UNIX)
s.connect('${POWER_SOCKET}')
s.sendall(('%s %s %s\\n' % (op, host, socket.gethostname())).encode())
answer = s.makefile().readline().strip()
if not answer.startswith('OK'):
    sys.exit('Error: Unable to establish IPMI v2 / RMCP+ session: ' + answer)
said = {'status': answer.removeprefix('OK '), 'on': 'Up/On', 'off': 'Down/Off', 'reset': 'Reset', 'cycle': 'Cycle'}
print('Chassis Power ' + ('is ' if words[1] == 'status' else 'Control: ') + said[words[1]])
`;

/** To a host that is off. */
export function giveIpmitool(host: Host): void {
  host.write('/usr/bin/ipmitool', IPMITOOL, 0o755);
}
