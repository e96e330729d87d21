import type { FastifyReply } from 'fastify';
import type { MessageContext, MessageOutcome } from '../../../kernel/messages/message-context.js';
import { Page } from '../lists/page.js';
import { hasEnded } from '../../../kernel/outgoing/operations.js';
import type { OperationBody } from '../operations/operation.dto.js';
import type { RequestState } from './request-state.js';
import { namesTag } from './if-match.js';

/** What would end the `<…>` of a Link, or can't be in a header. */
const UNSAFE_IN_LINK = /[^\x21\x23-\x3b\x3d\x3f-\x7e]/g;

/** On every answer, whatever made it. */
export function setKernelHeaders(reply: FastifyReply, requestState: RequestState): void {
  reply.header('x-request-id', requestState.requestId);
  reply.header('x-content-type-options', 'nosniff');
  reply.header('cache-control', 'no-store');
}

/** `Consistency-Token`, `Consistency-Status`, `Idempotent-Replayed`: what the kernel learnt while it handled the message. */
export function setOutcomeHeaders(reply: FastifyReply, requestState: RequestState, token: string | undefined): void {
  const { context } = requestState;
  if (context === undefined) return;
  const status = consistencyStatus(requestState, context.outcome);
  if (token !== undefined) reply.header('consistency-token', token);
  if (status !== undefined) reply.header('consistency-status', status);
  if (context.outcome.replayed) reply.header('idempotent-replayed', 'true');
  const applied = requestState.isAccepted ? appliedToAccepted(requestState) : appliedPreferences(requestState, context);
  if (applied !== '') reply.header('preference-applied', applied);
}

/** `stale; behind=142; dead-lettered=1` or `rebuilding; behind=9870`: what the answer lacks of what was asked for, as far as is known. */
function consistencyStatus({ isPending }: RequestState, outcome: MessageOutcome): string | undefined {
  const { behind, failed, rebuilding, unknownEpoch } = outcome;
  const lacking = Object.entries({
    behind,
    retrying: failed?.retrying,
    waiting: failed?.waiting,
    'dead-lettered': failed?.deadLettered,
  })
    .filter(([, count]) => count !== undefined && count > 0)
    .map(([what, count]) => `${what}=${count}`);
  if (unknownEpoch === true) return ['unknown-epoch', ...lacking].join('; ');
  if (isPending) return 'pending';
  if (rebuilding === true) return ['rebuilding', ...lacking].join('; ');
  return lacking.length === 0 ? undefined : ['stale', ...lacking].join('; ');
}

/** A repeat without the preference may be answered with the operation too. */
function appliedToAccepted({ preferences }: RequestState): string {
  return preferences?.isAsync ? 'respond-async' : '';
}

/** Only what made a difference: a read without a token waits for nothing. */
function appliedPreferences({ preferences, route }: RequestState, { outcome, consistency }: MessageContext): string {
  const isRead = route?.method === 'GET';
  const hasWaited = isRead
    ? consistency?.token !== undefined && outcome.readToken !== undefined
    : outcome.lastEvent !== undefined;
  if (!hasWaited || preferences === undefined) return '';
  const wait = preferences.waitSeconds === undefined ? [] : [`wait=${preferences.waitSeconds}`];
  return [...wait, ...(isRead && preferences.isStrict ? ['handling=strict'] : [])].join(', ');
}

/** `Location` and `ETag`, both pure functions of the result, so that a replay has them too. */
export function setResultHeaders(reply: FastifyReply, requestState: RequestState, result: object): void {
  const answer = requestState.route?.answer;
  if (answer === undefined) return;
  const fields = result as Record<string, unknown>;
  if (answer.location !== undefined) reply.header('location', requestState.linkBase + answer.location(fields));
  const tag = answer.etag?.(fields);
  if (tag !== undefined) setEntityTag(reply, requestState, `"${tag}"`);
}

const ASK_AGAIN_AFTER_S = '1';

/** Where an accepted command's operation is, and when to ask again for one that hasn't ended. */
export function setOperationHeaders(reply: FastifyReply, requestState: RequestState, operation: OperationBody): void {
  if (requestState.isAccepted) reply.header('location', `${requestState.linkBase}/v1/operations/${operation.id}`);
  if (!hasEnded(operation)) reply.header('retry-after', ASK_AGAIN_AFTER_S);
}

/** A list's `asOf` and `Link` (RFC 8288). The URL is the client's own, as it was before a proxy, with another cursor. */
export function completePage(
  reply: FastifyReply,
  { linkBase }: RequestState,
  page: Page<unknown>,
  token: string | undefined,
): object {
  const { next } = page.page;
  if (next !== null) reply.header('link', `<${linkBase}${withCursor(reply.request.url, next)}>; rel="next"`);
  return { data: page.data, page: page.page, ...(token === undefined ? {} : { asOf: token }) };
}

function setEntityTag(reply: FastifyReply, requestState: RequestState, tag: string): void {
  reply.header('etag', tag);
  // What an answer holds follows from the roles of its caller (RFC 9110 §12.5.5).
  const vary = reply.getHeader('vary');
  reply.header('vary', vary === undefined ? 'Authorization' : `${String(vary)}, Authorization`);
  const { method, headers } = reply.request;
  requestState.notModified = (method === 'GET' || method === 'HEAD') && namesTag(headers['if-none-match'], tag);
}

function withCursor(url: string, cursor: string): string {
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  const query = end === -1 ? '' : url.slice(end + 1);
  const kept = query.split('&').filter((pair) => pair !== '' && !isReplaced(pair));
  return `${path}?${[...kept, `cursor=${cursor}`].join('&')}`.replaceAll(UNSAFE_IN_LINK, encodeURIComponent);
}

/** Whether a pair of a query is a parameter that the next page has another value of, however its name is escaped. */
function isReplaced(pair: string): boolean {
  const [name] = new URLSearchParams(pair).keys();
  return name === 'cursor' || name === 'consistency';
}
