/**
 * A plugin of Core Lightning for one that sells channels by LSPS2. Its service asks for two things that every provider must
 * bring: the prices (`lsps2-policy-getpolicy`) and the size of a channel (`lsps2-policy-getchannelcapacity`). The third is
 * for the sake of buyers that take only channels with anchors: the service opens with a channel type that has none, and no
 * option changes that, but a plugin may change each command (hook `rpc_command`) before Core Lightning carries it out.
 */
import { runPlugin } from './core-lightning-plugin.ts';

/** static_remotekey, anchors, scid_alias, zeroconf. */
const CHANNEL_TYPE = [12, 22, 46, 50];
const CAPACITY_MSAT = 200_000_000;
const HOUR_MS = 3_600_000;

const OFFER = {
  min_fee_msat: '2000000',
  proportional: 10_000,
  min_lifetime: 2_000,
  max_client_to_self_delay: 2_016,
  min_payment_size_msat: '30000000',
  max_payment_size_msat: '150000000',
};

interface Command {
  readonly id: unknown;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const NAMES = ['lsps2-policy-getpolicy', 'lsps2-policy-getchannelcapacity'];

runPlugin({
  rpcmethods: NAMES.map((name) => ({ name, usage: '', description: name })),
  hooks: [{ name: 'rpc_command', filters: ['fundchannel'] }],
  answer({ method, params }) {
    switch (method) {
      case 'lsps2-policy-getpolicy': {
        const valid_until = new Date(Date.now() + HOUR_MS).toISOString();
        return { policy_opening_fee_params_menu: [{ ...OFFER, valid_until }] };
      }
      case 'lsps2-policy-getchannelcapacity':
        return { channel_capacity_msat: CAPACITY_MSAT };
      case 'rpc_command': {
        const command = params.rpc_command as Command;
        // Only what the service opens: with an operator's own words it is left as it is.
        if (command.params.channel_type === undefined) return { result: 'continue' };
        return { replace: { ...command, params: { ...command.params, channel_type: CHANNEL_TYPE } } };
      }
      default:
        return {};
    }
  },
});
