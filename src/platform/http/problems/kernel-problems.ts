import { defineProblems } from './problem-registry.js';

const CORRECT_IT = 'Correct the request. Sent again unchanged, it is refused again.';

defineProblems({
  'malformed-request': {
    status: 400,
    title: 'Malformed HTTP request',
    meaning: 'The request line, a header, the framing or an escape in the URL is malformed.',
    remedy: CORRECT_IT,
  },
  'host-not-allowed': {
    status: 421,
    title: 'Host name not allowed',
    meaning:
      'With AUTH_MODE=dev anybody can get a token. So the server accepts only requests whose Host is localhost, 127.0.0.1, ' +
      '[::1], HOST or the host of PUBLIC_URL; otherwise a web page could reach it under a host name of its own.',
    remedy: 'Use one of these host names, or set PUBLIC_URL to the one that you use.',
  },
  'malformed-json': {
    status: 400,
    title: 'Invalid JSON',
    meaning: 'The body is empty, truncated, not UTF-8, not JSON, or contains a key twice.',
    remedy: CORRECT_IT,
  },
  'validation-failed': {
    status: 400,
    title: 'Invalid request',
    meaning:
      'A field, a query parameter or a header is missing, unknown or out of range. `errors` lists each with its reason.',
    remedy: 'Correct the fields that `errors` lists, and send the request again.',
  },
  'idempotency-key-invalid': {
    status: 400,
    title: 'Invalid Idempotency-Key',
    meaning: 'The key must be one header of 1 to 255 visible ASCII characters, with or without quotes.',
    remedy: 'Send one valid key, for example a UUID.',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'Idempotency-Key required',
    meaning: 'This server accepts commands only with a key, so that a retry takes effect once.',
    remedy: 'Create one key (a UUID) for each command, and send the same key with every retry of it.',
  },
  'consistency-token-invalid': {
    status: 400,
    title: 'Invalid consistency token',
    meaning: 'The token was not issued by this server, or refers to a position that the log has not reached.',
    remedy: 'Send the latest token you received, unchanged, or none.',
  },
  'cursor-invalid': {
    status: 400,
    title: 'Invalid cursor',
    meaning: 'The cursor was changed, has expired, or was issued for another filter, sort order or caller.',
    remedy: 'Follow `page.next` with the same filter and sort order, or start again without a cursor.',
  },
  unauthenticated: {
    status: 401,
    title: 'Valid bearer token required',
    meaning: 'The token is missing, malformed, expired, or issued for another audience.',
    remedy: 'Get a token and send it as Authorization: Bearer <token>.',
  },
  forbidden: {
    status: 403,
    title: 'Role not allowed',
    meaning: 'None of the roles in the token may call this route.',
    remedy: 'Use a token with one of the roles that the API description lists for this route.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    meaning: 'The resource does not exist, or you have no access to it.',
    remedy: 'Check the path and the id.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path exists, but does not support this method. The Allow header lists the methods that it supports.',
    remedy: 'Use one of the methods in Allow.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request timed out',
    meaning: 'The headers took longer than 10 seconds to arrive, or the whole request longer than 15 seconds.',
    remedy: 'Send the request again over a faster connection.',
    retryable: true,
  },
});

defineProblems({
  'concurrency-conflict': {
    status: 409,
    title: 'Conflict with a concurrent change',
    meaning: 'Other commands changed the same data during every attempt of this one. Nothing was changed.',
    remedy: 'Send the request again with the same Idempotency-Key.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'request-in-progress': {
    status: 409,
    title: 'Request in progress',
    meaning: 'The first request with this Idempotency-Key has not finished yet.',
    remedy: 'Retry with the same key after Retry-After.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'operation-forgotten': {
    status: 409,
    title: 'Operation expired',
    meaning: 'The key belongs to an operation that ended more than 7 days ago. Its result is no longer stored.',
    remedy: 'Check whether the resource exists. Send a new request with a new key.',
  },
  'version-mismatch': {
    status: 412,
    title: 'Version mismatch',
    meaning: 'The version in If-Match is not the current version. Nothing was changed.',
    remedy: 'Read the resource again, compare the changes, and retry with its new ETag.',
  },
  'projection-behind': {
    status: 412,
    title: 'View behind the consistency token',
    meaning:
      'You required strict consistency, but the view did not reach your token in time, is being rebuilt, or has not applied an event of the resource you read.',
    remedy:
      'Retry, wait longer with Prefer: wait=N, or leave handling=strict out; Consistency-Status then reports what is missing.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'payload-too-large': {
    status: 413,
    title: 'Body too large',
    meaning: 'The body exceeds the limit of this route: 64 KiB for commands, 16 KiB elsewhere.',
    remedy: 'Split it over several requests.',
  },
  'uri-too-long': {
    status: 414,
    title: 'URL too long',
    meaning: 'The URL, or one of its segments, exceeds the limit.',
    remedy: 'Shorten the filter or the id.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    meaning: 'The body must be application/json in UTF-8 and must not be compressed.',
    remedy: 'Send Content-Type: application/json, without Content-Encoding.',
  },
  'expectation-failed': {
    status: 417,
    title: 'Expectation not supported',
    meaning: 'The server supports only Expect: 100-continue.',
    remedy: 'Remove the Expect header.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency-Key already used',
    meaning: 'The key was used on this route with another payload or path.',
    remedy: 'Use a new key for a new command.',
  },
  'version-required': {
    status: 428,
    title: 'If-Match required',
    meaning: 'This route changes a resource. Without If-Match it could overwrite the changes of others.',
    remedy: 'Send If-Match with the ETag you last read.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    meaning: 'You sent more requests than your role allows, or too many at once on one connection.',
    remedy: 'Wait for the seconds in Retry-After. The RateLimit header shows what is left.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  overloaded: {
    status: 429,
    title: 'Server overloaded',
    meaning: 'Server overloaded. Retry after Retry-After.',
    remedy: 'Retry after the seconds in Retry-After.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'headers-too-large': {
    status: 431,
    title: 'Headers too large',
    meaning: 'The request line and headers exceed 16 KiB, or there are more than 100 headers.',
    remedy: 'Send fewer and smaller headers.',
  },
});

defineProblems({
  'transfer-coding-not-supported': {
    status: 501,
    title: 'Transfer coding not supported',
    meaning: 'The server supports only Transfer-Encoding: chunked, so it cannot read the body.',
    remedy: 'Send the body unencoded, with Content-Length or Transfer-Encoding: chunked.',
  },
  'http-version-not-supported': {
    status: 505,
    title: 'HTTP version not supported',
    meaning: 'The server supports HTTP/1.1 and HTTP/1.0.',
    remedy: 'Use HTTP/1.1, or put a proxy in front of the server for HTTP/2 and HTTP/3.',
  },
});

const TRY_LATER = 'Retry after the seconds in Retry-After.';

defineProblems({
  internal: {
    status: 500,
    title: 'Internal server error',
    meaning: 'An unexpected error occurred and was logged with the request id. Nothing was changed.',
    remedy: 'Retry with the same Idempotency-Key. If the error persists, report the request id.',
    retryable: true,
  },
  starting: {
    status: 503,
    title: 'Server starting',
    meaning: 'The server does not accept requests yet.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 1,
  },
  draining: {
    status: 503,
    title: 'Server shutting down',
    meaning: 'The server completes the requests in progress and accepts no new ones.',
    remedy: 'Retry on a new connection.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'database-unavailable': {
    status: 503,
    title: 'Database unavailable',
    meaning: 'The database did not answer in time. Nothing was changed.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 2,
  },
  'outcome-unknown': {
    status: 503,
    title: 'Outcome unknown',
    meaning: 'The connection to the database was lost during the commit, so the change may have been stored.',
    remedy: 'Retry with the same Idempotency-Key. The command takes effect once, whatever the outcome of this attempt.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'unknown-event': {
    status: 503,
    title: 'Written by a newer release',
    meaning: 'The stored data can only be read by a newer release than the one that handled the request.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 5,
  },
  'view-rebuilding': {
    status: 503,
    title: 'View rebuild in progress',
    meaning: 'The command writes a view that is being rebuilt. Nothing was changed.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 5,
  },
  'view-outdated': {
    status: 503,
    title: 'View written by another release',
    meaning:
      'The process that handled the request runs another version of the projection than the current release. Nothing was changed.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 5,
  },
  'identity-provider-unavailable': {
    status: 503,
    title: 'Identity provider unavailable',
    meaning: 'Tokens cannot be verified: the keys of the identity provider could not be fetched.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 2,
  },
});
