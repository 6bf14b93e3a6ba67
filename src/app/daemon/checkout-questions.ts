/** What the checkout page asks of the node: the name of the page is the right to the answer. */
import { createHash } from 'node:crypto';
import { connectToNode } from '../../api/client/index.ts';
import { writeJson } from '../../api/rpc/writer.ts';
import { RpcError } from '../../base/errors.ts';
import type { CheckoutView } from '../../shop/checkout/view.ts';
import { type AnsweringLayers, type PageQuestions, textParam } from './page-question.ts';

/** The questions of the page, and of its button in the sandbox. */
export function checkoutQuestions({ infra: { config }, shop: { checkout } }: AnsweringLayers): PageQuestions {
  const customer = config.values['sandbox-customer'];
  const seenView = async (view: CheckoutView | undefined) => {
    if (view === undefined) throw new RpcError('INVOICE_NOT_FOUND', 'There is no such page');
    return { revision: revisionOf(view), view };
  };
  return {
    checkout: async (params) => await seenView(await checkout.view(textParam(params, 'id'))),
    /** Answers once the page is not any more as its `revision` says. */
    checkout_changed: async (params, signal) =>
      await seenView(
        await checkout.changed(textParam(params, 'id'), textParam(params, 'revision'), revisionOf, signal),
      ),
    checkout_renew: async (params) => ({ id: await checkout.renew(textParam(params, 'id')) }),
    ...(customer === undefined
      ? {}
      : {
          async checkout_sandbox_pay(params) {
            const { view } = await seenView(await checkout.view(textParam(params, 'id')));
            await payAs(customer, view);
            return {};
          },
        }),
  };
}

function revisionOf(view: CheckoutView): string {
  return createHash('sha256').update(writeJson(view)).digest('base64url').slice(0, 16);
}

/** Rejects with RpcError when the customer cannot pay. */
async function payAs(socket: string, { bolt11, amount_msat }: CheckoutView): Promise<void> {
  const client = await connectToNode(socket, { reconnect: false });
  try {
    await client.call('pay', { bolt11, ...(amount_msat === undefined ? { amount_msat: 21_000n } : {}) });
  } catch (error) {
    throw new RpcError('LIGHTNINGD', `The customer could not pay: ${error instanceof Error ? error.message : error}`);
  } finally {
    client.close();
  }
}
