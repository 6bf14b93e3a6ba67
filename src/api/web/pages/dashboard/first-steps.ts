/** A short path from nothing to the first payment: each step says whether it is done, and how it is. */
import type { JsonObject } from '../../../rpc/json.ts';
import { filled } from '../fill.ts';
import { type Html, html } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { msatIn, objectIn, rowsIn, textIn } from './answers.ts';
import { doneSaid, formToken, frame, type Said } from './frame.ts';
import { refusal, type Visit } from './guard.ts';
import { changeOptions, type OptionName, optionField, optionText, readOptions } from './option-fields.ts';
import { receivingState } from './receiving-state.ts';

interface Step {
  readonly title: string;
  /** Undefined for what the node cannot know. */
  readonly is_done: boolean | undefined;
  readonly text: Html;
}

/** What the first step asks for. */
const SHOP: readonly OptionName[] = ['alias', 'shop-currency', 'shop-timezone'];
/** What may be paid for room to be paid. */
const FEE: readonly OptionName[] = ['lsp-max-fee'];
/** The least reserve, which a wallet without channels does not ask for yet. */
const LEAST_RESERVE = 'min-emergency-msat';

/** Answers the page. */
export async function firstSteps(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { asked, texts, command } = visit;
  const { steps: says } = texts;
  const [configs, info, listed, paid] = await Promise.all([
    readOptions(visit),
    command('getinfo'),
    command('listpeerchannels'),
    command('findinvoices', { status: 'paid', limit: 1 }),
  ]);
  const steps: readonly Step[] = [
    nameStep(visit, configs),
    {
      title: says.words,
      is_done: undefined,
      text: html`<p>${filled(says.words_text, { command: html`<code>till seed</code>` })}</p>`,
    },
    depositStep(visit, configs, info),
    roomStep(visit, configs, info, rowsIn(listed, 'channels')),
    {
      title: says.first,
      is_done: rowsIn(paid, 'invoices').length > 0,
      text: html`<p>${says.first_text}</p><p><a class="button quiet" href="/new-invoice">${says.new_invoice}</a></p>`,
    },
  ];
  const next = steps.find(({ is_done }) => is_done === false);
  return frame(visit, {
    title: says.title,
    here: '/first-steps',
    said: said ?? doneSaid(asked, { saved: says.saved }),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      ${next === undefined && html`<p class="notice good">${filled(says.all_done, { link: html`<a href="/">${says.to_overview}</a>` })}</p>`}
      <ol class="steps">${steps.map(
        (step) => html`
        <li class="card stack tight">
          <h2>${step.title} ${step.is_done === true ? html`<span class="tag good">${says.done}</span>` : step === next ? html`<span class="tag warn">${says.next}</span>` : html``}</h2>
          ${step.text}
        </li>`,
      )}</ol>`,
  });
}

/** Options that are set right here. */
function optionsForm(visit: Visit, configs: JsonObject, names: readonly OptionName[]): Html {
  const { person, asked, texts } = visit;
  const value = (name: OptionName): string =>
    asked.form.has(name) ? asked.form.text(name) : optionText(configs, name);
  return html`
    <form class="stack narrow" method="post" action="/first-steps">
      ${formToken(person)}
      ${names.map((name) => optionField(visit, name, value(name)))}
      <div class="row"><button class="button" id="save-${names[0]}">${texts.steps.save}</button></div>
    </form>`;
}

function nameStep(visit: Visit, configs: JsonObject): Step {
  const { steps: says } = visit.texts;
  return {
    title: says.name,
    is_done: optionText(configs, 'alias') !== '',
    text: html`<p>${says.name_text}</p>${optionsForm(visit, configs, SHOP)}`,
  };
}

function depositStep({ person, texts: { steps: says }, show }: Visit, configs: JsonObject, info: JsonObject): Step {
  const held_msat = msatIn(objectIn(info, 'reserve'), 'held_msat');
  const asked_msat = msatIn(objectIn(info, 'reserve'), 'wanted_msat');
  const wanted_msat = asked_msat > 0n ? asked_msat : BigInt(optionText(configs, LEAST_RESERVE) || '0');
  return {
    title: says.deposit,
    is_done: held_msat >= wanted_msat && held_msat > 0n,
    text: html`
      <p>${filled(says.deposit_text, { wanted: show.msat(wanted_msat), held: show.msat(held_msat) })}</p>
      <form method="post" action="/receiving/address">${formToken(person)}<button class="button quiet">${says.show_address}</button></form>`,
  };
}

function roomStep(visit: Visit, configs: JsonObject, info: JsonObject, channels: readonly JsonObject[]): Step {
  const { steps: says } = visit.texts;
  const { values_str: providers } = objectIn(configs, 'lsp');
  const text = filled(says.room_text, {
    lsp: html`<span class="mono">lsp=ID@HOST:PORT</span>`,
    id: html`<span class="mono">${textIn(info, 'id') ?? ''}</span>`,
    link: html`<a href="/receiving#channels">${says.open_yourself}</a>`,
  });
  const has_provider = Array.isArray(providers) && providers.length > 0;
  return {
    title: says.room,
    is_done: receivingState(channels).now_msat >= 1000n,
    text: html`<p>${text}</p>${has_provider && optionsForm(visit, configs, FEE)}`,
  };
}

/** Sets what was typed on the page. */
export async function changeFirstSteps(visit: Visit): Promise<PageAnswer> {
  try {
    await changeOptions(visit, [...SHOP, ...FEE]);
    return { see: '/first-steps?done=saved' };
  } catch (error) {
    return await firstSteps(visit, { kind: 'bad', text: refusal(error) });
  }
}
