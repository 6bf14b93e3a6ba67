/** Which outputs the chain watches for each ending, from which height on, and again after a restart or a deep reorg. */
import type { Txid } from '../../base/types/brand.ts';
import { nameOf, type Outpoint } from '../../protocol/onchain/outpoint.ts';
import type { LiveEnding } from './live-ending.ts';
import { type EndingsOptions, REORG_BLOCKS } from './options.ts';
import { inputOf } from './watch-input.ts';

export class Watches {
  readonly #chain: EndingsOptions['chain'];
  #is_stopped = false;

  constructor({ chain }: Pick<EndingsOptions, 'chain'>) {
    this.#chain = chain;
  }

  /** Tells the ending when this output is spent or its spend is undone. Nothing happens when it is watched already. */
  add(ending: LiveEnding, outpoint: Outpoint, from_height: number): void {
    const name = nameOf(outpoint);
    if (this.#is_stopped || ending.is_resolved || ending.cancelWatches.has(name)) return;
    // A reorg may move what makes the output further down, and what takes it along.
    const height = Math.max(from_height - REORG_BLOCKS, ending.record.began_height);
    const cancel = this.#chain.watch({ kind: 'outpoint', outpoint }, height, (event) => {
      ending.say(inputOf(event));
    });
    ending.cancelWatches.set(name, cancel);
  }

  /** Watches all that the ending asked for once more, from where it began: whatever was told is told again. */
  renew(ending: LiveEnding): void {
    this.end(ending);
    const { funding_txid, funding_output_index } = ending.channel.state.terms;
    // Also when the ending could not be followed so far that it asked for it.
    const funding = nameOf({ txid: funding_txid, vout: funding_output_index });
    for (const name of new Set([funding, ...ending.state.watched])) {
      const [txid, vout] = name.split(':');
      this.add(ending, { txid: txid as Txid, vout: Number(vout) }, ending.record.began_height);
    }
  }

  /** Nothing is watched for this ending any more. */
  end(ending: LiveEnding): void {
    for (const cancel of ending.cancelWatches.values()) cancel();
    ending.cancelWatches.clear();
  }

  /** Nothing is watched for these any more, and nothing will be. */
  stop(endings: readonly LiveEnding[]): void {
    this.#is_stopped = true;
    for (const ending of endings) this.end(ending);
  }
}
