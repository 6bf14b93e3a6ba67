/** What a provider may do instead of what it promised. Each changes its conduct until it is honest again. */
import type { Conduct } from '../../src/app/sandbox/provider/conduct.ts';
import type { Random } from './random.ts';
import type { Seller } from './selling.ts';

type Lie = (seller: Seller, random: Random) => void;

/** Its answer to a method, changed. */
function answers(method: string, change: (result: Record<string, unknown>, random: Random) => void): Lie {
  return ({ conduct }, random) => {
    conduct.answer = (named, payload) => {
      if (named !== method) return payload;
      const answer = JSON.parse(Buffer.from(payload).toString()) as { result?: Record<string, unknown> };
      if (answer.result !== undefined) change(answer.result, random);
      return Buffer.from(JSON.stringify(answer));
    };
  };
}

function behaves(conduct: Partial<Conduct>): Lie {
  return (seller) => void Object.assign(seller.conduct, conduct);
}

function firstOffer(result: Record<string, unknown>): Record<string, unknown> {
  return (result.opening_fee_params_menu as Record<string, unknown>[])[0] as Record<string, unknown>;
}

/** All of them. */
export const LIES: readonly Lie[] = [
  behaves({ takenMsat: (fee_msat) => fee_msat + 1n }),
  behaves({ takenMsat: () => 0n }),
  behaves({ shownMsat: () => undefined }),
  behaves({ shownMsat: (taken_msat) => taken_msat + 1n }),
  behaves({ ordinaryMsat: () => 1_000n }),
  behaves({ fundingSat: () => 60_000n }),
  behaves({ fundingSat: () => 10_000n }),
  behaves({ fundingSat: (due_sat) => due_sat * 2n }),
  behaves({ answer: () => undefined }),
  behaves({ answer: () => Buffer.alloc(65_533, 'x') }),
  behaves({ answer: (_method, payload) => payload.slice(0, payload.length / 2) }),
  behaves({ beforeFunding: () => Promise.reject(new Error('a batch that came to nothing')) }),
  behaves({ beforePublishing: () => new Promise(() => {}) }),
  // Oftener than the others: only what was kept back can be spent otherwise.
  behaves({ beforePublishing: () => new Promise(() => {}) }),
  behaves({ beforePublishing: () => new Promise(() => {}) }),
  behaves({
    message: (message) =>
      message.type === 'open_channel' ? [{ ...message, channel_type: Buffer.of(0x10, 0x00) }] : [message],
  }),
  behaves({
    message: (message) => (message.type === 'open_channel' ? [{ ...message, channel_flags: 1 }] : [message]),
  }),
  answers('lsps2.get_info', (result) => void Object.assign(firstOffer(result), { surcharge_msat: '1' })),
  answers('lsps2.get_info', (result) => void Object.assign(firstOffer(result), { min_fee_msat: '1' })),
  answers('lsps2.buy', (result) => void Object.assign(result, { client_trusts_lsp: true })),
  answers('lsps2.buy', (result) => void Object.assign(result, { client_trusts_lsp: false })),
  answers('lsps2.buy', (result) => void Object.assign(result, { lsp_cltv_expiry_delta: 65_535 })),
  answers('lsps1.create_order', (result) => void Object.assign(result, { lsp_balance_sat: '1' })),
  answers('lsps1.get_order', (result) => void Object.assign(result, { order_state: 'FAILED' })),
  answers('lsps1.get_order', (result) => {
    result.channel = {
      funded_at: '2030-01-01T00:00:00.000Z',
      funding_outpoint: `${'00'.repeat(32)}:0`,
      expires_at: '2030-01-01T00:00:00.000Z',
    };
  }),
];
