/** A page that people can open, share and print for a Lightning address: its name, and the code that wallets scan. */
import type { JsonObject } from '../../../rpc/json.ts';
import { qrCode } from '../checkout/qr.ts';
import { html, quoted } from '../html.ts';
import { languageFoot } from '../language-choice.ts';
import { page } from '../layout.ts';
import { formatMsat } from '../money.ts';
import type { PageAnswer, PageRequest, PageTools } from '../page.ts';
import { ADDRESS_TEXTS } from './texts.ts';

/** The page. `shown`: what the node answers to `lightning_address`. */
export function addressPage({ assets, settings }: PageTools, asked: PageRequest, shown: JsonObject): PageAnswer {
  const { language } = asked;
  const texts = ADDRESS_TEXTS[language];
  const [address, lnurl] = [String(shown.address), String(shown.lnurl)];
  const [least, most] = [shown.min_msat, shown.max_msat].map((msat) => formatMsat(BigInt(String(msat)), language));
  const body = html`<main class="page address"><div class="card stack center"><header class="stack tight">
<p class="muted">${texts.pay_to} ${quoted(settings.shop_name)}</p><h1>${quoted(address)}</h1><p>${quoted(String(shown.description))}</p></header>
<a class="qr" href="lightning:${lnurl}">${qrCode(`LIGHTNING:${lnurl}`, texts.code)}</a>
<p>${texts.how}</p><p class="muted small">${texts.limits(least ?? '', most ?? '')}</p>
<div class="row center no-print"><a class="button" href="lightning:${lnurl}">${texts.open_wallet}</a>
<button type="button" class="button quiet" data-copy="${address}" data-copied="${texts.copied}" hidden>${texts.copy}</button></div></div>
<p role="status" class="visually-hidden" data-copy-said></p></main>
${languageFoot(asked)}`;
  return {
    html: page(assets, {
      language,
      title: `${address} · ${settings.shop_name}`,
      styles: ['address'],
      scripts: ['address'],
      body,
    }),
  };
}
