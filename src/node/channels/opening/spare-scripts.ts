/**
 * Where a mutual close of a new channel pays to. Scripts of openings that failed are used for the next ones: strangers
 * must not make the wallet grow. No peer has seen them, because we promise none at the opening
 * (option_upfront_shutdown_script).
 */
import type { FundingWallet } from '../ports.ts';

export class SpareScripts {
  readonly #wallet: Pick<FundingWallet, 'newScript'>;
  readonly #spare: string[] = [];

  constructor(wallet: Pick<FundingWallet, 'newScript'>) {
    this.#wallet = wallet;
  }

  /** A script of the wallet, hex, that no channel uses. */
  async take(): Promise<string> {
    return this.#spare.pop() ?? (await this.#wallet.newScript());
  }

  /** The opening that this script was for has failed. */
  giveBack(script_pubkey: string): void {
    this.#spare.push(script_pubkey);
  }
}
