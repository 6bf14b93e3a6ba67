/** A short path from nothing to the first payment: each step says whether it is done, and how it is. */
import { type Html, html } from '../html.ts';
import { formatMsat } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { msatIn, objectIn, rowsIn, textIn } from './answers.ts';
import { formToken, frame } from './frame.ts';
import type { Visit } from './guard.ts';
import { receivingState } from './receiving-state.ts';

interface Step {
  readonly title: string;
  /** Undefined for what the node cannot know. */
  readonly is_done: boolean | undefined;
  readonly text: Html;
}

/** Answers the page. */
export async function firstSteps({ tools, person, command }: Visit): Promise<PageAnswer> {
  const [configs, info, listed, paid] = await Promise.all([
    command('listconfigs', { config: 'alias' }),
    command('getinfo'),
    command('listpeerchannels'),
    command('findinvoices', { status: 'paid', limit: 1 }),
  ]);
  const has_name = Object.keys(objectIn(configs, 'configs')).length > 0;
  const held_msat = msatIn(objectIn(info, 'reserve'), 'held_msat');
  const wanted_msat = msatIn(objectIn(info, 'reserve'), 'wanted_msat');
  const state = receivingState(rowsIn(listed, 'channels'));
  const steps: readonly Step[] = [
    {
      title: 'Give the shop a name',
      is_done: has_name,
      text: html`
        <p>Customers and other nodes see it: now it is "${tools.settings.shop_name}". Into the config file of the node, before it starts again:</p>
        <pre class="mono">alias=My shop
shop-timezone=${tools.settings.time_zone}
shop-currency=EUR</pre>`,
    },
    {
      title: 'Write down the words',
      is_done: undefined,
      text: html`<p>On the node's machine <code>till seed</code> shows twenty-four words, once. Whoever has them has the money; without them a broken disk takes it. Do this before any money comes.</p>`,
    },
    {
      title: 'Deposit a little',
      is_done: held_msat >= wanted_msat && held_msat > 0n,
      text: html`
        <p>The wallet should keep ${formatMsat(wanted_msat > 0n ? wanted_msat : 25_000_000n, 'en')} to bring channels to the chain if a peer misbehaves. It holds ${formatMsat(held_msat, 'en')}.</p>
        <form method="post" action="/receiving/address">${formToken(person)}<button class="button quiet">Show an address</button></form>`,
    },
    {
      title: 'Get room to be paid',
      is_done: state.now_msat >= 1000n,
      text: html`<p>Payments come in over channels in which the other side has money. The simplest way is a liquidity provider: name one in the config file with <span class="mono">lsp=ID@HOST:PORT</span> and say with <span class="mono">lsp-max-fee</span> what a channel may cost; the first payment then opens one. Or ask another node to open a channel to this one, <span class="mono">${textIn(info, 'id') ?? ''}</span>, or <a href="/receiving#channels">open one yourself</a> and spend from it.</p>`,
    },
    {
      title: 'Take the first payment',
      is_done: rowsIn(paid, 'invoices').length > 0,
      text: html`<p>Make an invoice of a few satoshi, and pay it with a wallet of your own.</p><p><a class="button quiet" href="/new-invoice">New invoice</a></p>`,
    },
  ];
  const next = steps.find(({ is_done }) => is_done === false);
  return frame(tools, person, {
    title: 'First steps',
    here: '/first-steps',
    main: html`
      ${next === undefined && html`<p class="notice good">All is done. <a href="/">To the overview</a></p>`}
      <ol class="steps">${steps.map(
        (step) => html`
        <li class="card stack tight">
          <h2>${step.title} ${step.is_done === true ? html`<span class="tag good">done</span>` : step === next ? html`<span class="tag warn">next</span>` : html``}</h2>
          ${step.text}
        </li>`,
      )}</ol>`,
  });
}
