/** What can be received, channel by channel; the reserve and what it means; peers. */
import type { JsonObject } from '../../../rpc/json.ts';
import { filled, filledText } from '../fill.ts';
import { type Html, html } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, msatIn, objectIn, rowsIn, textIn } from './answers.ts';
import { doneSaid, formToken, frame, type Said, shortened, table } from './frame.ts';
import type { Visit } from './guard.ts';
import { isNormal, nextStep, receivingState } from './receiving-state.ts';

/** Channels that a page shows. */
const MOST_CHANNELS = 100;

/** Answers the page; `said` is what went wrong, `address` one that was made. */
export async function receiving(visit: Visit, said?: Said, address?: string): Promise<PageAnswer> {
  const { person, asked, texts, show, command } = visit;
  const { receiving: says } = texts;
  const [listed, info, peers] = await Promise.all([
    command('listpeerchannels'),
    command('getinfo'),
    command('listpeers'),
  ]);
  const channels = rowsIn(listed, 'channels');
  const state = receivingState(channels);
  const step = nextStep(state, info, texts.state);
  const isOwner = person.role === 'owner';
  return frame(visit, {
    title: says.title,
    here: '/receiving',
    said: said ?? doneSaid(asked, { opened: says.opened, closing: says.closing, connected: says.connected }),
    is_live: said === undefined && address === undefined,
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <div class="grid">
        <section class="card stack tight">
          <h2>${texts.overview.receivable}</h2>
          <p class="figure">${show.msat(state.now_msat)}</p>
          <p class="muted">${filledText(says.one_part, { amount: show.msat(state.largest_msat) })}</p>
          ${state.away_msat > 0n && html`<p class="muted">${filledText(says.when_there, { amount: show.msat(state.away_msat) })}</p>`}
          ${step !== undefined && html`<p class="notice ${step.kind}">${step.text}</p>`}
        </section>
        ${reserve(visit, info, address, isOwner ? formToken(person) : undefined)}
      </div>
      <section class="card stack" id="channels">
        <h2>${says.channels}</h2>
        ${channels.length === 0 ? html`<p class="muted">${says.no_channels}</p>` : channelTable(visit, channels.slice(0, MOST_CHANNELS), isOwner)}
        ${channels.length > MOST_CHANNELS && html`<p class="muted">${filled(says.more_channels, { count: show.count(channels.length - MOST_CHANNELS), command: html`<code>till listpeerchannels</code>` })}</p>`}
      </section>
      ${isOwner && openForm(visit)}
      <section class="card stack">
        <h2>${says.peers}</h2>
        ${peerTable(visit, rowsIn(peers, 'peers').slice(0, MOST_CHANNELS))}
        ${isOwner && connectForm(visit)}
      </section>`,
  });
}

/** What the reserve is, how it stands, and an address to fill it. */
function reserve({ texts, show }: Visit, info: JsonObject, address: string | undefined, token: Html | undefined): Html {
  const { receiving: says } = texts;
  const row = objectIn(info, 'reserve');
  const wanted_msat = msatIn(row, 'wanted_msat');
  const held_msat = msatIn(row, 'held_msat');
  const isEnough = held_msat >= wanted_msat;
  return html`
    <section class="card stack tight" id="reserve">
      <h2>${says.reserve}</h2>
      <p class="figure">${show.msat(held_msat)}</p>
      <p class="muted">${filledText(says.reserve_of, { wanted: show.msat(wanted_msat) })}</p>
      <p>${
        isEnough
          ? says.reserve_enough
          : filledText(says.reserve_lacks, {
              missing: show.msat(wanted_msat - held_msat),
              small: show.msat(msatIn(row, 'undefended_msat')),
            })
      }</p>
      ${
        address === undefined
          ? token !== undefined &&
            html`<form method="post" action="/receiving/address">${token}<button class="button quiet">${says.show_address}</button></form>`
          : html`<p>${says.send_here}</p><p class="mono">${address}</p><p><a class="button" href="bitcoin:${address}">${texts.frame.open_wallet}</a></p>`
      }
    </section>`;
}

function channelTable(visit: Visit, channels: readonly JsonObject[], isOwner: boolean): Html {
  const {
    texts: { receiving: says },
    show,
  } = visit;
  return table(
    says.channels,
    [
      says.channel,
      says.state,
      `#${says.can_receive}`,
      `#${says.yours}`,
      `#${says.can_send}`,
      ...(isOwner ? [says.actions] : []),
    ],
    channels.map((channel) => {
      const id = textIn(channel, 'channel_id') ?? '';
      const total_msat = msatIn(channel, 'total_msat');
      const ours_msat = integerIn(channel, 'to_us_msat');
      const percent = total_msat === 0n ? 0n : ((ours_msat ?? 0n) * 100n) / total_msat;
      return html`
        <tr>
          <td>${textIn(channel, 'short_channel_id') ?? says.no_block}<br><span class="muted small">${filled(says.with_peer, { peer: shortened(textIn(channel, 'peer_id') ?? '') })}</span></td>
          <td>${stateTag(visit, channel)}</td>
          <td class="number">${show.msat(msatIn(channel, 'receivable_msat'))}</td>
          <td class="number">${ours_msat === undefined ? says.unknown : show.msat(ours_msat)}<br><meter min="0" max="100" value="${percent}" aria-label="${says.share}">${percent} %</meter></td>
          <td class="number">${show.msat(msatIn(channel, 'spendable_msat'))}</td>
          ${isOwner && html`<td>${isNormal(channel) && html`<a href="/channels/${id}/close">${says.close}</a>`}</td>`}
        </tr>`;
    }),
  );
}

function stateTag({ texts: { receiving: says } }: Visit, channel: JsonObject): Html {
  const is_there = channel.peer_connected === true;
  if (!isNormal(channel)) return html`<span class="tag">${textIn(channel, 'state') ?? ''}</span>`;
  return is_there
    ? html`<span class="tag good">${says.open}</span>`
    : html`<span class="tag warn">${says.peer_away}</span>`;
}

function openForm({ person, texts: { receiving: says }, asked: { form } }: Visit): Html {
  return html`
    <section class="card stack">
      <h2>${says.open_channel}</h2>
      <p class="muted">${says.open_hint}</p>
      <form class="filters" method="post" action="/channels/open">
        ${formToken(person)}
        <div class="field grows"><label for="peer">${says.node}</label><input id="peer" name="peer" required maxlength="300" value="${form.text('peer')}"></div>
        <div class="field"><label for="satoshi">${says.satoshi}</label><input id="satoshi" name="satoshi" inputmode="numeric" required maxlength="20" value="${form.text('satoshi')}"></div>
        <div class="field"><label for="announce">${says.visible_to}</label><select id="announce" name="announce"><option value="no">${says.peer_only}</option><option value="yes">${says.everybody}</option></select></div>
        <div class="row"><button class="button quiet">${says.open_button}</button></div>
      </form>
    </section>`;
}

function peerTable({ texts: { receiving: says } }: Visit, peers: readonly JsonObject[]): Html {
  if (peers.length === 0) return html`<p class="muted">${says.no_peers}</p>`;
  return table(
    says.peers,
    [says.node_head, says.address, `#${says.channels}`, says.state],
    peers.map((peer) => {
      const [address] = Array.isArray(peer.netaddr) ? peer.netaddr : [];
      const is_there = peer.connected === true;
      return html`
        <tr><td>${shortened(textIn(peer, 'id') ?? '')}</td>
          <td>${typeof address === 'string' ? address : ''}</td>
          <td class="number">${countIn(peer, 'num_channels')}</td>
          <td><span class="tag ${is_there ? 'good' : 'warn'}">${is_there ? says.is_connected : says.away}</span></td></tr>`;
    }),
  );
}

function connectForm({ person, texts: { receiving: says } }: Visit): Html {
  return html`
    <form class="filters" method="post" action="/peers/connect">
      ${formToken(person)}
      <div class="field grows"><label for="node">${says.connect_to}</label><input id="node" name="peer" required maxlength="300"></div>
      <div class="row"><button class="button quiet">${says.connect}</button></div>
    </form>`;
}
