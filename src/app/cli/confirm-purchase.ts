/** At a terminal `till buychannel` shows the price first, and asks whether to buy. */
import { createInterface } from 'node:readline/promises';
import type { ClientRequest } from './arguments.ts';
import type { Shown } from './shown.ts';

/** Whether somebody sits at both ends. */
export function isAtTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Shows what was quoted and asks. Answers the request that buys exactly that; undefined when it is not wanted. */
export async function confirmPurchase(request: ClientRequest, quoted: Shown): Promise<ClientRequest | undefined> {
  const { status, summary, problem, provider_id, amount_msat, fee_msat, channel_expiry_blocks } = (quoted ??
    {}) as Record<string, unknown>;
  // What cannot be paid is shown with the reason, and not asked for.
  if (status !== 'quoted' || typeof summary !== 'string' || fee_msat === undefined || problem !== undefined) {
    return undefined;
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const said = await lines.question(`${summary}\nIf you buy it, at most this much is paid. Buy it? [y/N] `);
    if (!/^y(es)?$/i.test(said.trim())) return undefined;
  } finally {
    lines.close();
  }
  const given = JSON.parse(request.params) as unknown;
  const named = Array.isArray(given) ? {} : (given as Record<string, unknown>);
  const params = {
    ...named,
    amount_sat: `${BigInt(String(amount_msat)) / 1000n}`,
    months: Math.round(Number(channel_expiry_blocks) / 4_380),
    maxfee: String(fee_msat),
    provider: provider_id,
  };
  return { ...request, params: JSON.stringify(params), words: [] };
}
