import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';

/** Ends the node. */
export const stop = defineCommand({
  name: 'stop',
  category: 'node',
  title: 'Command to shut down the node',
  description:
    'Answers, then shuts the node down cleanly. Waiting commands end with the error -5. Nothing that was answered is lost.',
  params: {},
  returns: { result: answer.oneOf(['Shutdown complete'], 'Says that the node is stopping.') },
  errors: [],
  see_also: ['getinfo'],
  access: 'write',
  run(_params, { node }, context) {
    context.afterReply(() => node.stop());
    return { result: 'Shutdown complete' };
  },
});
