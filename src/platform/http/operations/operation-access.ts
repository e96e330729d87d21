import type { MessageContext } from '../../../kernel/messages/message-context.js';
import type { Operation } from '../../../kernel/outgoing/operations.js';
import { mayActAs } from '../auth/identity.js';

/**
 * Whether a caller may see an operation: staff of its tenant may; who started it may as long as they may still act as they did
 * then, because it may name what only staff may see.
 */
export function maySee({ tenant, principal }: MessageContext, operation: Operation): boolean {
  if (operation.tenant !== tenant) return false;
  if (mayActAs(principal, 'staff')) return true;
  return operation.principal === principal.id && mayActAs(principal, operation.actorType);
}
