/** The parameters and results of every command. Generated from src/commands by `npm run docs`. */
export interface Commands {
  /** Command to allow the database to gather what is written */
  batching: {
    readonly params: { /** Whether writes may be gathered. */ readonly enable: boolean };
    readonly result: Readonly<Record<string, never>>;
  };
  /** Command for verifying parameters */
  check: {
    readonly params: Readonly<Record<string, unknown>>;
    readonly result: { /** The command that was checked. */ readonly command_to_check: string };
  };
  /** Command to enable or disable deprecated names */
  deprecations: {
    readonly params: { /** Whether deprecated names are allowed. */ readonly enable: boolean };
    readonly result: Readonly<Record<string, never>>;
  };
  /** Command to receive all information about the node */
  getinfo: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: {
      /** The public key of the node. */ readonly id: string;
      /** The name that the node shows to others. */ readonly alias: string;
      /** The color that the node shows to others: six hex digits. */ readonly color: string;
      /** How many peers are connected, or have a channel with us. */ readonly num_peers: number | bigint;
      /** Channels that are being opened. */ readonly num_pending_channels: number | bigint;
      /** Channels that can carry payments. */ readonly num_active_channels: number | bigint;
      /** Channels that are closing, or waiting to be forgotten. */ readonly num_inactive_channels: number | bigint;
      /** Where other nodes can reach this one. */ readonly address: readonly {
        /** What kind of address it is. */ readonly type:
          | 'ipv4'
          | 'ipv6'
          | 'torv3'
          | 'dns'
          | 'local socket'
          | 'websocket';
        /** The address in its usual spelling. */ readonly address: string;
        /** The port. */ readonly port: number | bigint;
      }[];
      /** Where this node listens. */ readonly binding: readonly {
        /** What kind of address it is. */ readonly type:
          | 'ipv4'
          | 'ipv6'
          | 'torv3'
          | 'dns'
          | 'local socket'
          | 'websocket';
        /** The address in its usual spelling. */ readonly address: string;
        /** The port. */ readonly port: number | bigint;
      }[];
      /** The version of Till. */ readonly version: string;
      /** The height of the newest block that was processed. */ readonly blockheight: number | bigint;
      /** The Bitcoin network. */ readonly network: string;
      /** Fees earned by forwarding. Till forwards nothing, so it is 0. */ readonly fees_collected_msat:
        | number
        | bigint;
      /** The directory of this network's files. */ readonly 'lightning-dir': string;
      /** Feature bits (BOLT 9), by where they are shown. */ readonly our_features: {
        /** In `init`, to peers. */ readonly init: string;
        /** In the node announcement. */ readonly node: string;
        /** In channel announcements. */ readonly channel: string;
        /** In invoices. */ readonly invoice: string;
      };
      /** The source of blocks is still catching up with the network. */ readonly warning_bitcoind_sync?: string;
      /** Till is still catching up with its source of blocks. */ readonly warning_lightningd_sync?: string;
    };
  };
  /** Command to return all information about RPC commands */
  help: {
    readonly params: { /** The command to tell about. */ readonly command?: string };
    readonly result: {
      /** The commands, by name. */ readonly help: readonly {
        /** The name and the parameters. */ readonly command: string;
      }[];
      /** Tells `lightning-cli` to print it plainly. */ readonly 'format-hint'?: 'simple';
    };
  };
  /** Command to list all configuration options */
  listconfigs: {
    readonly params: { /** The one option to show. */ readonly config?: string };
    readonly result: { /** The options by name: `{NAME: {value_str: ..., source: ...}}`. */ readonly configs: unknown };
  };
  /** Command to set up notifications */
  notifications: {
    readonly params: { /** Whether to send notices. */ readonly enable: boolean };
    readonly result: Readonly<Record<string, never>>;
  };
  /** Command to shut down the node */
  stop: {
    readonly params: Readonly<Record<string, never>>;
    readonly result: { /** That the node is stopping. */ readonly result: 'Shutdown complete' };
  };
}
