/**
 * Tells of every payment, once and in order, across restarts of itself and of the node, however long they take:
 * `node examples/payment-listener.ts SOCKET FILE`. FILE gets a line per payment; its last line says where to go on.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { connectToNode } from '../src/api/client/index.ts';

const [socket, file] = process.argv.slice(2);
if (socket === undefined || file === undefined) throw new Error('usage: payment-listener.ts SOCKET FILE');

/** The last payment that the file tells of; 0 for none. A last line that was cut short is removed and comes again. */
function lastPayIndex(path: string): number {
  if (!existsSync(path)) return 0;
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  truncateSync(path, Buffer.byteLength(whole));
  return Number.parseInt(whole.trimEnd().split('\n').at(-1) as string, 10) || 0;
}

/** A payment is handled when this returns: the line is on the disk. A shop would ship the goods here. */
function handle(path: string, line: string): void {
  const fd = openSync(path, 'a');
  writeSync(fd, `${line}\n`);
  fsyncSync(fd);
  closeSync(fd);
  console.log(line);
}

const node = await connectToNode(socket);
for (let lastpay_index = lastPayIndex(file); ; ) {
  const { pay_index, label, amount_received_msat } = await node.call('waitanyinvoice', { lastpay_index });
  handle(file, `${pay_index} ${label} ${amount_received_msat}`);
  lastpay_index = Number(pay_index);
}
