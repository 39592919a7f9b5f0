/** Reading a Pacemaker cluster: its programs, their answers in every dialect, and what those mean. */
export { readConfiguration } from './pacemaker/configuration.ts';
export { readNodeName, readPacemaker } from './pacemaker/read.ts';
export { runTool, type Seat, type ToolAnswer } from './pacemaker/tool.ts';
