/**
 * A plugin of Core Lightning, which has no held invoices of its own: the HTLCs of a payment hash that was named to `hold`
 * wait in the hook `htlc_accepted` until `release` names it.
 */
import { runPlugin, sendAnswer } from './core-lightning-plugin.ts';

const CONTINUE = { result: 'continue' };
const holding = new Set<string>();
const waiting = new Map<string, unknown[]>();

function command(name: string) {
  return { name, usage: 'payment_hash', description: `${name} the HTLCs of a payment` };
}

runPlugin({
  rpcmethods: ['hold', 'held', 'release'].map(command),
  hooks: [{ name: 'htlc_accepted' }],
  answer({ id, method, params }) {
    const payment_hash = String(params.payment_hash);
    switch (method) {
      case 'htlc_accepted': {
        const hash = (params.htlc as { payment_hash: string }).payment_hash;
        if (!holding.has(hash)) return CONTINUE;
        waiting.set(hash, [...(waiting.get(hash) ?? []), id]);
        return undefined;
      }
      case 'hold':
        holding.add(payment_hash);
        return {};
      case 'held':
        return { is_held: waiting.has(payment_hash) };
      case 'release':
        holding.delete(payment_hash);
        for (const each of waiting.get(payment_hash) ?? []) sendAnswer(each, CONTINUE);
        waiting.delete(payment_hash);
        return {};
      default:
        return {};
    }
  },
});
