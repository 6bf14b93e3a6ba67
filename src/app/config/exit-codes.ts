/** How `till` ends: lightning-cli's own codes. */
export const EXIT = {
  ok: 0,
  /** The node answered with an error. */
  error: 1,
  /** The node could not be talked to. */
  unreachable: 2,
  /** The arguments make no sense. */
  usage: 3,
} as const;
