/** Where a process that asks servers for JSON begins. What they answer is parsed here. */
import { systemClock } from '../../base/types/clock.ts';
import { AddressGuard } from './address-guard.ts';
import type { AskingSettings } from './asking-process.ts';
import { JsonAsker, type JsonOutcome, type JsonQuestion } from './json-asker.ts';
import { answerRequests } from './request-answers.ts';

answerRequests<AskingSettings, JsonQuestion, JsonOutcome>(({ allowed, option, proxy, user_agent }) => {
  const guard = new AddressGuard({ allowed: new Set(allowed), option });
  const asker = new JsonAsker({ clock: systemClock, guard, proxy, user_agent });
  return (question, signal) => asker.ask(question, signal);
});
