/** The part of the checkout page that a wallet reads: codes, links, and the same as text. */
import type { CheckoutView } from '../../../../shop/checkout/view.ts';
import { type Html, html } from '../html.ts';
import { bitcoinAmount, inCapitals, lightningCode, lightningLink, unifiedCode, unifiedLink } from './payment-links.ts';
import { qrCode } from './qr.ts';
import type { CheckoutTexts } from './texts/english.ts';

interface Way {
  /** `lightning` or `any`: a name for the style and the choice. */
  readonly name: 'lightning' | 'any';
  readonly link: string;
  readonly code: Html;
  /** What is copied and shown as text, with its name. */
  readonly lines: readonly (readonly [string, string])[];
}

/** All ways in which the invoice, or what is missing of it, can be paid now. */
export function waysToPay(view: CheckoutView, missing_msat: bigint, texts: CheckoutTexts): Html {
  const ways = waysOf(view, missing_msat, texts);
  const isChoice = ways.length > 1;
  return html`<div class="ways">${
    isChoice &&
    html`<fieldset class="choice"><legend class="visually-hidden">${texts.pay_to}</legend>${ways.map(
      ({ name }, index) =>
        html`<label><input type="radio" name="way" id="way-${name}" value="${name}"${index === 0 && CHECKED}>${
          name === 'any' ? texts.way_any : texts.way_lightning
        }</label>`,
    )}</fieldset>`
  }${ways.map((way) => wayToPay(way, isChoice, texts))}</div>`;
}

const CHECKED = html` checked`;

function waysOf(view: CheckoutView, missing_msat: bigint, texts: CheckoutTexts): readonly Way[] {
  const { address, bolt11 } = view;
  if (address !== undefined && view.status === 'short') {
    // Lightning would pay all of it a second time: only the rest is asked for, where the first part went.
    const amount = bitcoinAmount(missing_msat);
    const [link, code] = [address, inCapitals(address)].map((to) => `bitcoin:${to}?amount=${amount}`) as [
      string,
      string,
    ];
    const lines = [[texts.address, address] as const, [texts.amount, `${amount} BTC`] as const];
    return [{ name: 'any', link, code: qrCode(code, texts.qr_any), lines }];
  }
  const lightning: Way = {
    name: 'lightning',
    link: lightningLink(view),
    code: qrCode(lightningCode(view), texts.qr_lightning),
    lines: [[texts.invoice, bolt11]],
  };
  const [unified, unified_code] = [unifiedLink(view), unifiedCode(view)];
  if (address === undefined || unified === undefined || unified_code === undefined) return [lightning];
  const amount_lines =
    view.amount_msat === undefined ? [] : [[texts.amount, `${bitcoinAmount(view.amount_msat)} BTC`] as const];
  return [
    lightning,
    {
      name: 'any',
      link: unified,
      code: qrCode(unified_code, texts.qr_any),
      lines: [[texts.address, address], ...amount_lines],
    },
  ];
}

function wayToPay({ name, link, code, lines }: Way, isChoice: boolean, texts: CheckoutTexts): Html {
  return html`<div class="${isChoice ? `way ${name}` : 'way'}"><a class="qr" id="qr-${name}" href="${link}">${code}</a>
<div class="row center"><a class="button" id="open-${name}" href="${link}">${texts.open_wallet}</a><button type="button" class="button quiet" id="copy-${name}" data-copy="${
    lines[0]?.[1] ?? ''
  }" data-copied="${texts.copied}" hidden>${texts.copy}</button></div>
<details><summary id="text-${name}">${texts.show_text}</summary><div class="stack tight">${lines.map(
    ([what, text]) =>
      html`<p class="small muted">${what}</p><p class="code mono" tabindex="0" aria-label="${what}">${text}</p>`,
  )}</div></details></div>`;
}
