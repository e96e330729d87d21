import { http, rateLimits } from './http-settings.js';
import { retention } from './retention-settings.js';
import { section, type Values } from './section.js';
import { choice, flag, integer, milliseconds, text, url } from './setting.js';

const SECOND = 1_000;
const postgresUrl = {
  protocols: ['postgres:', 'postgresql:'],
  masked: true,
  example: 'postgres://user:password@host:5432/waybill',
} as const;

const runtime = section('', 'Process', {
  environment: choice({
    variable: 'NODE_ENV',
    of: ['development', 'test', 'production'],
    default: 'development',
    about: '`production` refuses everything that is only safe on your own machine.',
  }),
  role: choice({
    of: ['all', 'api', 'worker'],
    default: 'all',
    about: 'What this process does: answer requests, run subscriptions, or both.',
  }),
  dataDir: text({
    default: '.data',
    about: 'Folder of the embedded database, relative to the working directory. The cluster lies in its `pg18`.',
  }),
  logLevel: choice({
    of: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    default: 'info',
    about: 'The least serious message that is logged.',
  }),
});

const database = section('DATABASE', 'Database', {
  url: url({
    ...postgresUrl,
    about: 'PostgreSQL 15 to 18, as the owner of the database. Unset: the embedded server.',
  }),
  appUrl: url({
    ...postgresUrl,
    about: 'Login of the command side. Unset: the start creates a role and keeps its password in the database.',
  }),
  workerUrl: url({ ...postgresUrl, about: 'Login of the subscriptions. Unset: as DATABASE_APP_URL.' }),
  queryUrl: url({ ...postgresUrl, about: 'Login of the query side, which may only read. Unset: as DATABASE_APP_URL.' }),
  listenUrl: url({
    ...postgresUrl,
    about: 'A direct connection for wake-ups where the others go through a pooler. Unset: DATABASE_WORKER_URL.',
  }),
  embedded: flag({
    variable: 'EMBEDDED_PG',
    about: 'Whether the embedded server is used when DATABASE_URL is not set. Unset: yes, but never in production.',
  }),
  poolSize: integer({
    default: 10,
    min: 2,
    max: 200,
    about: 'Connections of the command side, and as many of the query side. 2 cores are busy with 10.',
  }),
  workerPoolSize: integer({
    default: 10,
    min: 2,
    max: 100,
    about: 'Connections of the subscriptions and of the commands that they execute.',
  }),
  acquireTimeoutMs: milliseconds({
    default: 2 * SECOND,
    min: 50,
    about:
      'How long to wait for a free or a new connection before answering 503. Subscriptions wait for a free one as long as for a statement.',
  }),
  statementTimeoutMs: milliseconds({
    default: 5 * SECOND,
    min: 100,
    about: 'Longest statement of a request. The client gives up 2 s later, should the server be out of reach.',
  }),
  lockTimeoutMs: milliseconds({
    default: SECOND,
    min: 10,
    about: 'Longest wait for a lock in a request; an idempotency key in use answers 409 after it.',
  }),
  idleInTransactionTimeoutMs: milliseconds({
    default: 5 * SECOND,
    min: 100,
    about: 'How long a request may leave a transaction open without a statement; then its locks are freed.',
  }),
  transactionTimeoutMs: milliseconds({
    default: 10 * SECOND,
    min: 100,
    about: 'Longest transaction of a request (PostgreSQL 17 and later).',
  }),
  workerStatementTimeoutMs: milliseconds({
    default: 30 * SECOND,
    min: 100,
    about: 'Longest statement of a subscription.',
  }),
  workerLockTimeoutMs: milliseconds({ default: 5 * SECOND, min: 10, about: 'Longest lock wait of a subscription.' }),
  workerIdleInTransactionTimeoutMs: milliseconds({
    default: 10 * SECOND,
    min: 100,
    about: 'How long a subscription may leave a transaction open without a statement.',
  }),
  workerTransactionTimeoutMs: milliseconds({
    default: 60 * SECOND,
    min: 100,
    about: 'Longest transaction of a subscription (PostgreSQL 17 and later).',
  }),
  statementNames: flag({
    default: true,
    about:
      'Prepare the hot statements by name. Turn off behind a pooler that can’t carry them (pgbouncer before 1.21).',
  }),
});

const subscriptions = section('SUBSCRIPTIONS', 'Subscriptions', {
  leaseMs: milliseconds({
    default: 15 * SECOND,
    min: 500,
    max: 600_000,
    about:
      'How long the work of a process that died waits for another one. Longer than any pause of a healthy process; a ' +
      'shorter one costs work done in vain, never anything done twice.',
  }),
});

const testing = section('', 'Testing', {
  failpoints: text({
    variable: 'FAILPOINTS',
    shape: 'failpoints such as cmd.before-commit=kill@3',
    accepts: (plan) => /^[a-z-]+\.[a-z-]+=[^;]+(;[a-z-]+\.[a-z-]+=[^;]+)*$/.test(plan),
    about:
      'Where this process is to fail on purpose, as in `cmd.before-commit=kill@3;sub.after-handler=throw:40001`. Never in production.',
  }),
});

const auth = section('AUTH', 'Sign-in', {
  mode: choice({
    of: ['dev', 'jwks'],
    about:
      '`dev` makes its own key and hands out tokens to anyone; never in production. Unset: `dev` with the embedded ' +
      'database outside production, else `jwks`.',
  }),
  jwksUrl: url({
    protocols: ['http:', 'https:'],
    example: 'https://id.example.com/.well-known/jwks.json',
    about: 'Where the keys of the token issuer are published.',
  }),
  issuer: text({ about: 'The `iss` that a token must carry.' }),
  audience: text({ about: 'The `aud` that a token must carry.' }),
  operatorTenant: text({
    default: 'default',
    shape: '1 to 64 of the characters A-Z a-z 0-9 . _ -',
    accepts: (value) => /^[A-Za-z0-9._-]{1,64}$/.test(value),
    about:
      'The `tenant` whose operators and admins operate the installation (`/ops`, `/metrics`); those of other tenants do ' +
      'not. A token without a tenant is of `default`.',
  }),
});

const consistency = section('CONSISTENCY', 'Consistency tokens', {
  waitMs: milliseconds({
    default: 2 * SECOND,
    about: 'How long a read with a token waits for its view before it answers with what is there.',
  }),
  maxWaitMs: milliseconds({ default: 10 * SECOND, about: 'The most that `Prefer: wait=N` may ask for.' }),
});

const mail = section('SMTP', 'Mail to customers', {
  url: url({
    protocols: ['smtp:', 'smtps:'],
    masked: true,
    example: 'smtps://user:password@mail.example.com:465',
    about: 'The mail server. Unset: nothing is sent, and what would have been is written to the log.',
  }),
  from: text({
    default: 'Waybill <orders@localhost>',
    shape: 'a mail address, or a name with one in angle brackets',
    accepts: (value) => /^([^<>@]+ <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/.test(value),
    about: 'Who customers get mail from; the part behind the @ is in the Message-ID too.',
  }),
});

const shutdown = section('SHUTDOWN', 'Shutdown', {
  waitMs: milliseconds({
    default: 0,
    defaultInProduction: 5 * SECOND,
    about: 'Pause between “not ready” and closing the listening socket, so that load balancers notice.',
  }),
  requestsMs: milliseconds({ default: 15 * SECOND, about: 'How long requests under way may take to finish.' }),
  batchesMs: milliseconds({
    default: 10 * SECOND,
    about:
      'How long batches, stored commands and outbound calls under way may take to finish; then they are rolled back.',
  }),
  hardExitMs: milliseconds({
    default: 35 * SECOND,
    min: SECOND,
    about: 'After this the process ends, whatever hangs.',
  }),
});

/** Everything that can be configured: the one list that parsing, printing and the reference pages are made from. */
export const schema = {
  runtime,
  http,
  rateLimits,
  database,
  subscriptions,
  retention,
  auth,
  consistency,
  mail,
  shutdown,
  testing,
} as const;

export type Schema = typeof schema;

/** The values as written or defaulted, before the rules between them are applied. */
export type ParsedConfiguration = { readonly [Key in keyof Schema]: Values<Schema[Key]> };
