import { ConsoleLogger, type LoggerService, type LogLevel } from '@nestjs/common';
import { pino, type Logger as Pino } from 'pino';
import type { Configuration } from '#config';

type Level = Configuration['runtime']['logLevel'];

/** Nest's own log of its start: a hundred lines without information when all is well. */
const NOISE = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory', 'NestApplication']);
/** Fields that may hold a credential; a log must never have one. */
const SECRETS = ['authorization', 'cookie', 'password', 'token', 'secret', 'connectionString'];

/**
 * The logger of the application: lines for people on your own machine, JSON for machines in production. The command line
 * logs to stderr, because its stdout may be piped into another program.
 */
export function createLogger({ runtime }: Configuration, stream: 'stdout' | 'stderr' = 'stdout'): LoggerService {
  const { logLevel, environment } = runtime;
  return environment === 'production' ? new JsonLogger(logLevel, stream) : new LineLogger(logLevel, stream);
}

const NEST_LEVELS: readonly (readonly [Level, LogLevel])[] = [
  ['fatal', 'fatal'],
  ['error', 'error'],
  ['warn', 'warn'],
  ['info', 'log'],
  ['debug', 'debug'],
  ['trace', 'verbose'],
];

class LineLogger extends ConsoleLogger {
  constructor(
    level: Level,
    private readonly stream: 'stdout' | 'stderr',
  ) {
    const lowest = NEST_LEVELS.findIndex(([name]) => name === level);
    super({ prefix: 'Waybill', logLevels: NEST_LEVELS.slice(0, lowest + 1).map(([, nest]) => nest) });
  }

  protected override printMessages(messages: unknown[], context = '', logLevel: LogLevel = 'log'): void {
    if (logLevel === 'log' && NOISE.has(context)) return;
    const stream = logLevel === 'log' || logLevel === 'debug' || logLevel === 'verbose' ? this.stream : 'stderr';
    super.printMessages(messages, context, logLevel, stream);
  }
}

/** Nest's logger calls as pino's: the last text among the parameters is the context, the rest goes with the message. */
class JsonLogger implements LoggerService {
  readonly #pino: Pino;

  constructor(level: Level, stream: 'stdout' | 'stderr') {
    const redact = SECRETS.flatMap((name) => [name, `*.${name}`]);
    this.#pino = pino({ level, redact }, pino.destination(stream === 'stdout' ? 1 : 2));
  }

  log(message: unknown, ...rest: unknown[]): void {
    if (!NOISE.has(String(rest.at(-1)))) this.#write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.#write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.#write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.#write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.#write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.#write('fatal', message, rest);
  }

  #write(level: Exclude<Level, 'silent'>, message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1);
    const err = [message, ...rest].find((each) => each instanceof Error);
    const stack = err === undefined && rest.length > 1 ? rest[0] : undefined;
    this.#pino[level]({ context, err, stack }, err === message ? (err as Error).message : String(message));
  }
}
