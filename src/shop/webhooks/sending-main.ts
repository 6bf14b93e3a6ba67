/** Where the process that sends webhooks begins. What receivers answer is parsed here. */
import { systemClock } from '../../base/types/clock.ts';
import { AddressGuard } from '../../infra/http/address-guard.ts';
import { answerRequests } from '../../infra/http/request-answers.ts';
import { HttpSender } from './http-sender.ts';
import type { HttpMessage, SentMessage } from './ports.ts';
import type { SendingSettings } from './sending-process.ts';

answerRequests<SendingSettings, readonly HttpMessage[], readonly SentMessage[]>(({ allowed, proxy, user_agent }) => {
  const guard = new AddressGuard({ allowed: new Set(allowed) });
  const sender = new HttpSender({ clock: systemClock, guard, proxy, user_agent });
  return (messages, signal) => sender.sendInOrder(messages, signal);
});
