import { RpcError } from '../../base/errors.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { ChainSource } from '../../infra/chain/source.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Resolves with the height of the tip once it is this or more. Rejects when the time is over or the signal says so. */
function heightReached(
  { chain, clock }: { readonly chain: ChainSource; readonly clock: Clock },
  blockheight: number,
  timeout: number | undefined,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const ends: (() => void)[] = [];
    const settle = (answerIt: () => void): void => {
      for (const end of ends) end();
      answerIt();
    };
    const onAbort = (): void => settle(() => reject(signal.reason));
    ends.push(
      chain.onTip(({ kind, block }) => {
        if (kind === 'connected' && block.height >= blockheight) settle(() => resolve(block.height));
      }),
      () => signal.removeEventListener('abort', onAbort),
    );
    signal.addEventListener('abort', onAbort, { once: true });
    if (timeout !== undefined) {
      const timedOut = (): void => settle(() => reject(new RpcError('WAIT_TIMEOUT', 'Timed out.')));
      ends.push(clock.after(timeout * 1000, timedOut));
    }
    if (signal.aborted) onAbort();
  });
}

/** Waits for a block. */
export const waitblockheight = defineCommand({
  name: 'waitblockheight',
  category: 'node',
  title: 'Command for waiting for blocks on the blockchain',
  description: 'Answers when the node has seen the block of this height, or at once if it already has.',
  params: {
    blockheight: required(field.u32, 'The height.'),
    timeout: optional(field.u32, 'Seconds to wait. Default: no limit.'),
  },
  returns: { blockheight: answer.integer('The height of the tip.') },
  errors: ['WAIT_TIMEOUT'],
  see_also: ['getinfo', 'wait'],
  access: 'read',
  async run({ blockheight, timeout }, modules, { signal }) {
    const { height } = modules.chain.tip();
    if (height >= blockheight) return { blockheight: height };
    return { blockheight: await heightReached(modules, blockheight, timeout, signal) };
  },
});
