import { messageContext } from '#kernel';
import type { EventMeta } from '#kernel/domain';

/** What the log knows of the event being handled. @throws Error outside an event handler. */
export function currentEvent(): EventMeta {
  const { event } = messageContext.current();
  if (event === undefined) throw new Error('No event is being handled. Publish it; the log then calls its handlers.');
  return event;
}
