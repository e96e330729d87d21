import { defineProblems } from './problem-registry.js';

const CORRECT_IT = 'Correct the request; sent again unchanged it will be refused again.';

defineProblems({
  'malformed-request': {
    status: 400,
    title: 'The request is not valid HTTP',
    meaning: 'The request line, a header, the framing or the escapes of the URL are broken.',
    remedy: CORRECT_IT,
  },
  'host-not-allowed': {
    status: 421,
    title: 'This server is not reached under this name',
    meaning:
      'With AUTH_MODE=dev anybody gets a token, so only requests whose Host is localhost, 127.0.0.1, [::1], HOST or the ' +
      'host of PUBLIC_URL are answered: a web page could otherwise reach the server under a name of its own.',
    remedy: 'Use one of these names, or set PUBLIC_URL to the one that you use.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not valid JSON',
    meaning: 'The body is empty, cut off, not UTF-8, not JSON, or names a key twice.',
    remedy: CORRECT_IT,
  },
  'validation-failed': {
    status: 400,
    title: 'The request breaks a rule of this route',
    meaning: 'A field, a query parameter or a header is missing, unknown or out of range. See errors.',
    remedy: 'Correct what errors points at.',
  },
  'idempotency-key-invalid': {
    status: 400,
    title: 'The Idempotency-Key is malformed',
    meaning: 'It must be one header of 1 to 255 visible ASCII characters, bare or quoted.',
    remedy: 'Send one well-formed key, a UUID for example.',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'An Idempotency-Key is required',
    meaning: 'This server accepts commands only with a key, so that a repeat can have no second effect.',
    remedy: 'Make up a key (a UUID) per intent, and send the same one with every repeat.',
  },
  'consistency-token-invalid': {
    status: 400,
    title: 'The consistency token is malformed',
    meaning: 'The token was not made by this system, or names a state that does not exist yet.',
    remedy: 'Send the latest token that you were given, unchanged, or none.',
  },
  'cursor-invalid': {
    status: 400,
    title: 'The cursor does not belong to this list',
    meaning: 'It was changed, is too old, or was made for another filter, sort order or caller.',
    remedy: 'Follow page.next with the same filter and sort order, or start again without a cursor.',
  },
  unauthenticated: {
    status: 401,
    title: 'A valid bearer token is required',
    meaning: 'There is no token, or it is malformed, expired, or not meant for this system.',
    remedy: 'Get a token and send it as Authorization: Bearer <token>.',
  },
  forbidden: {
    status: 403,
    title: 'Your role may not do this',
    meaning: 'None of the roles in the token allows this route.',
    remedy: 'Use a token with one of the roles that the route names in the API description.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing here',
    meaning: 'It does not exist, or is not yours to see.',
    remedy: 'Check the path and the id.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This path does not take that method',
    meaning: 'The path exists, the method does not. The Allow header lists those that do.',
    remedy: 'Use one of the methods in Allow.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    meaning: 'The headers took longer than 10 seconds, or the whole request longer than 15.',
    remedy: 'Send it again over a faster connection.',
    retryable: true,
  },
});

defineProblems({
  'concurrency-conflict': {
    status: 409,
    title: 'Others changed the same thing at the same time',
    meaning: 'The command was tried several times and always lost against another one. Nothing was changed.',
    remedy: 'Send it again, with the same Idempotency-Key.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'request-in-progress': {
    status: 409,
    title: 'The first request with this key is still running',
    meaning: 'A request with the same Idempotency-Key has not finished yet.',
    remedy: 'Ask again with the same key.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'operation-forgotten': {
    status: 409,
    title: 'What the request did was forgotten',
    meaning: 'The key was used for an operation that ended more than 7 days ago.',
    remedy: 'Look for what it made; send a new wish with a new key.',
  },
  'version-mismatch': {
    status: 412,
    title: 'It was changed in the meantime',
    meaning: 'The version in If-Match is not the current one. Nothing was changed.',
    remedy: 'Read it again, look at what changed, and repeat with the new ETag.',
  },
  'projection-behind': {
    status: 412,
    title: 'The view has not caught up yet',
    meaning:
      'You asked for strict consistency, and the view did not reach your token in time, is being rebuilt, or an event of what you read has not taken effect in it.',
    remedy:
      'Ask again, wait longer by Prefer: wait=N, or drop handling=strict: Consistency-Status then says what is lacking.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'payload-too-large': {
    status: 413,
    title: 'The body is too large',
    meaning: 'The body exceeds what this route takes: 64 KiB for commands, 16 KiB elsewhere.',
    remedy: 'Send less, in several requests.',
  },
  'uri-too-long': {
    status: 414,
    title: 'The URL is too long',
    meaning: 'The URL, or one of its segments, exceeds what any route takes.',
    remedy: 'Shorten the filter or the id.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Only JSON in UTF-8 is understood',
    meaning: 'The body must be application/json in UTF-8 and must not be compressed.',
    remedy: 'Send Content-Type: application/json, without Content-Encoding.',
  },
  'expectation-failed': {
    status: 417,
    title: 'That expectation is not supported',
    meaning: 'Only Expect: 100-continue is understood.',
    remedy: 'Leave the Expect header out.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    meaning: 'The key was used before on this route, with another payload or another path.',
    remedy: 'Use a new key for a new intent.',
  },
  'version-required': {
    status: 428,
    title: 'Name the version that you edit',
    meaning: 'This route edits, and an edit without If-Match could overwrite what others wrote.',
    remedy: 'Send If-Match with the ETag that you last read.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    meaning: 'You sent more requests than your roles allow, or too many at once on one connection.',
    remedy: 'Slow down; Retry-After says when to go on, and RateLimit what is left.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  overloaded: {
    status: 429,
    title: 'The server has enough to do',
    meaning: 'As many requests as this server can finish in time are under way. Yours was not started.',
    remedy: 'Send it again after Retry-After.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    meaning: 'Request line and headers exceed 16 KiB together, or there are more than 100 headers.',
    remedy: 'Send fewer and smaller headers.',
  },
});

defineProblems({
  'transfer-coding-not-supported': {
    status: 501,
    title: 'That transfer coding is not supported',
    meaning: 'Transfer-Encoding names another coding than chunked, so that the body can not be read.',
    remedy: 'Send the body as it is, with Content-Length or Transfer-Encoding: chunked.',
  },
  'http-version-not-supported': {
    status: 505,
    title: 'That version of HTTP is not supported',
    meaning: 'The request names another version than HTTP/1.1 or HTTP/1.0.',
    remedy: 'Send it as HTTP/1.1. Let a proxy in front speak HTTP/2 or HTTP/3 to clients.',
  },
});

const TRY_LATER = 'Send it again after Retry-After.';

defineProblems({
  internal: {
    status: 500,
    title: 'Something broke on our side',
    meaning: 'An error that nobody foresaw. It was logged under the request id. Nothing was changed.',
    remedy: 'Send it again with the same Idempotency-Key; report the request id if it stays.',
    retryable: true,
  },
  starting: {
    status: 503,
    title: 'The server is starting',
    meaning: 'It does not take requests yet.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 1,
  },
  draining: {
    status: 503,
    title: 'The server is shutting down',
    meaning: 'It finishes what it has and takes nothing new.',
    remedy: 'Send it again on a new connection.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'database-unavailable': {
    status: 503,
    title: 'The database is out of reach',
    meaning: 'The database did not answer in time. Nothing was changed.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 2,
  },
  'outcome-unknown': {
    status: 503,
    title: 'It is unknown whether this happened',
    meaning: 'The connection to the database broke while the change was being confirmed.',
    remedy: 'Retry with the same Idempotency-Key: it takes effect once, whatever happened to the first try.',
    retryable: true,
    retryAfterSeconds: 1,
  },
  'unknown-event': {
    status: 503,
    title: 'A newer release wrote this',
    meaning: 'What was stored can only be read by a newer release than the one that answered.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 5,
  },
  'view-rebuilding': {
    status: 503,
    title: 'A view is being rebuilt',
    meaning: 'The command would write a view that is being filled anew at the moment. Nothing was changed.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 5,
  },
  'view-outdated': {
    status: 503,
    title: 'Another release fills this view',
    meaning:
      'The process that answered has another version of the code that writes a view than the current release. Nothing was changed.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 5,
  },
  'identity-provider-unavailable': {
    status: 503,
    title: 'Tokens cannot be checked at the moment',
    meaning: 'The keys of the identity provider could not be fetched.',
    remedy: TRY_LATER,
    retryable: true,
    retryAfterSeconds: 2,
  },
});
