/** What wallets ask of the Lightning addresses, through the web process. */
import { textOf } from '../../api/rpc/field.ts';
import { isJsonObject, type JsonObject } from '../../api/rpc/json.ts';
import { type AnsweringLayers, type PageQuestions, textParam } from './page-question.ts';

/** The questions, by name. */
export function lnurlQuestions({ shop: { lnurlPay } }: AnsweringLayers): PageQuestions {
  return {
    lightning_address: (params) => lnurlPay.shown(textParam(params, 'name'), textParam(params, 'base_url')),
    lnurl_request: (params) => lnurlPay.request(textParam(params, 'name'), textParam(params, 'base_url')),
    lnurl_invoice(params) {
      const asked = payerRequest(params);
      const [name, revision] = [textParam(params, 'name'), textParam(params, 'revision')];
      return lnurlPay.invoice(name, revision, asked, textParam(params, 'base_url'));
    },
    lnurl_verify: (params) => lnurlPay.verify(textParam(params, 'payment_hash'), textParam(params, 'proof')),
  };
}

function payerRequest({ asked = null }: JsonObject) {
  const words = isJsonObject(asked) ? asked : {};
  const word = (name: string): string | undefined => textOf(words[name] ?? null);
  return { amount: word('amount'), comment: word('comment'), payerdata: word('payerdata') };
}
