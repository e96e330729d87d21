import type { MessageContext } from '../messages/message-context.js';
import type { StoredContext } from './sql/outgoing-commands.js';

/** What of a context a stored command is executed with: as if it were executed at once, on behalf of the same caller. */
export function storedContextOf(context: MessageContext): StoredContext {
  const { tenant, principal, actor, correlationId, causationId, traceparent, imported, causationDepth } = context;
  return { tenant, principal, actor, correlationId, causationId, traceparent, imported, causationDepth };
}
