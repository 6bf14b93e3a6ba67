import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';

/** Hands the work over to the standby. */
export const switchover = defineCommand({
  name: 'switchover',
  category: 'node',
  title: 'Command to hand over to the standby',
  description:
    'Lets the standby of the pair take over, as before an upgrade: this node writes down what it has, lets go of the lease, and becomes the standby itself if it was started with `standby`; otherwise it ends. Nothing that was answered is lost. Waiting commands end with the error -5, and are repeated at the other node. Without a standby that is connected to the database nothing happens.',
  params: {},
  returns: { standby: answer.string('The name of a node that waits to take over.') },
  errors: ['NO_STANDBY'],
  examples: [{ title: 'Before the machine is upgraded', params: [], result: { standby: 'back' } }],
  see_also: ['getinfo', 'stop'],
  access: 'write',
  async run(_params, { pair }, context) {
    const standby = await pair.standbyToTakeOver();
    context.afterReply(() => pair.handOver());
    return { standby };
  },
});
