/** How `till` ends: lightning-cli's own codes. */
export const EXIT = {
  ok: 0,
  /** The node answered with an error. */
  error: 1,
  /** The node could not be talked to. */
  unreachable: 2,
  /** The arguments make no sense. */
  usage: 3,
  /** Another node of the pair has taken over: this one is to be started again, as the standby. */
  lease_lost: 4,
} as const;
