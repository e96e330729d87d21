import { section } from './section.js';
import { bytes, choice, flag, integer, list, milliseconds, text, url } from './setting.js';

const SECOND = 1_000;
const KIB = 1_024;

export const http = section('HTTP', 'HTTP server', {
  port: integer({
    variable: 'PORT',
    default: 3_000,
    min: 0,
    max: 65_535,
    about: 'Where the server listens; 0 takes any free port and prints it.',
  }),
  host: text({
    variable: 'HOST',
    default: '127.0.0.1',
    shape: 'an address or host name of this machine',
    about: 'The address it listens on. `0.0.0.0` opens it to the network; containers need that.',
  }),
  publicUrl: url({
    variable: 'PUBLIC_URL',
    protocols: ['http:', 'https:'],
    example: 'https://orders.example.com',
    about: 'How clients reach this server; the links in answers begin with its path. Unset: where it listens.',
  }),
  trustProxy: list({
    variable: 'TRUST_PROXY',
    each: 'addresses or networks of proxies such as 10.0.0.0/8',
    accepts: (word) => /^[0-9a-f:.]+(\/\d{1,3})?$/i.test(word),
    about: 'Proxies whose X-Forwarded-* headers are trusted. Unset: none.',
  }),
  corsOrigins: list({
    variable: 'CORS_ORIGINS',
    each: 'origins such as https://shop.example.com',
    accepts: (word) => URL.canParse(word) && new URL(word).origin === word,
    about: 'Browser origins that may call the API. Unset: none.',
  }),
  requireIdempotencyKey: flag({
    variable: 'API_REQUIRE_IDEMPOTENCY',
    default: false,
    about: 'Refuse a command without an Idempotency-Key with 400 instead of taking it unprotected.',
  }),
  bodyLimitBytes: bytes({
    default: 64 * KIB,
    min: KIB,
    max: 16 * KIB * KIB,
    about: 'Largest body of a command. 1 MiB of tiny objects blocks validation for seconds; keep it small.',
  }),
  smallBodyLimitBytes: bytes({
    default: 16 * KIB,
    min: KIB,
    max: 16 * KIB * KIB,
    about: 'Largest body of every other request.',
  }),
  requestTimeoutMs: milliseconds({
    default: 15 * SECOND,
    min: SECOND,
    about: 'Time for a whole request to arrive; a slower one is answered 408.',
  }),
  headersTimeoutMs: milliseconds({
    default: 10 * SECOND,
    min: SECOND,
    about: 'Time for the headers to arrive.',
  }),
  keepAliveTimeoutMs: milliseconds({
    default: 65 * SECOND,
    about: 'How long an idle connection stays open. Must exceed the idle time of a load balancer in front.',
  }),
  connectionsCheckMs: milliseconds({
    default: SECOND,
    min: 100,
    about: 'How often the time-outs above are enforced.',
  }),
  maxConnections: integer({
    default: 2_000,
    min: 1,
    max: 100_000,
    about:
      'Open connections per process. One more replaces the one that was unused for longest, so that health probes are ' +
      'always answered.',
  }),
  maxPipelined: integer({
    default: 10,
    min: 1,
    max: 1_000,
    about: 'Requests of one connection that may wait for their answers; one more is answered 429, and closes it.',
  }),
  responseTimeoutMs: milliseconds({
    default: 30 * SECOND,
    min: 100,
    about: 'Time for a client to read an answer; then its connection is closed.',
  }),
});

const perSecond = { min: 0, max: 1_000_000, unit: 'requests per second' } as const;

/** Averages over ten seconds; see docs/adr/0015. */
export const rateLimits = section('RATE_LIMIT', 'Rate limits', {
  mode: choice({
    variable: 'RATE_LIMITS',
    of: ['on', 'off'],
    default: 'on',
    about: '`off` for load tests, and where a gateway in front limits already.',
  }),
  anonymous: integer({
    ...perSecond,
    default: 10,
    about:
      'For each address: requests that no valid token came with. For all below: ten times that within ten seconds, in each ' +
      'process; 0 is no limit. Whoever has several roles has the most generous limit.',
  }),
  customer: integer({ ...perSecond, default: 20, about: 'For each customer.' }),
  customerCommands: integer({
    ...perSecond,
    default: 5,
    about: 'For each customer: those of them that change something.',
  }),
  staff: integer({
    ...perSecond,
    default: 200,
    about: 'For each of the support, warehouse, finance, managers, operators and administrators.',
  }),
  staffCommands: integer({ ...perSecond, default: 50, about: 'For each of the staff: those that change something.' }),
  service: integer({ ...perSecond, default: 0, about: 'For each service. Services know what they do: no limit.' }),
  serviceCommands: integer({ ...perSecond, default: 0, about: 'For each service: those that change something.' }),
});
