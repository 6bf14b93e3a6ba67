/** The messages of BOLT 1, 2 and 7 that concern one channel. */
import type {
  AcceptChannel,
  AnnouncementSignaturesMessage,
  ChannelReady,
  ChannelReestablish,
  ClosingComplete,
  ClosingSig,
  ClosingSigned,
  CommitmentSigned,
  ErrorMessage,
  FundingCreated,
  FundingSigned,
  OpenChannel,
  RevokeAndAck,
  Shutdown,
  UpdateAddHtlc,
  UpdateFailHtlc,
  UpdateFailMalformedHtlc,
  UpdateFee,
  UpdateFulfillHtlc,
  Warning,
} from '../../codec/wire/index.ts';

/** What is said before there is a channel. */
export type OpeningMessage = OpenChannel | AcceptChannel | FundingCreated | FundingSigned;

/** Everything that a channel says or hears. */
export type ChannelMessage =
  | OpeningMessage
  | ChannelReady
  | AnnouncementSignaturesMessage
  | UpdateAddHtlc
  | UpdateFulfillHtlc
  | UpdateFailHtlc
  | UpdateFailMalformedHtlc
  | UpdateFee
  | CommitmentSigned
  | RevokeAndAck
  | ChannelReestablish
  | Shutdown
  | ClosingSigned
  | ClosingComplete
  | ClosingSig
  | ErrorMessage
  | Warning;
