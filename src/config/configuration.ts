import { resolve } from 'node:path';
import { schema, type ParsedConfiguration } from './schema.js';
import { variablesOf, type NamedSetting, type Section } from './section.js';
import type { Setting } from './setting.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The whole configuration: parsed, checked, frozen. */
export type Configuration = Omit<ParsedConfiguration, 'auth' | 'database'> & {
  readonly auth: Omit<ParsedConfiguration['auth'], 'mode'> & { readonly mode: 'dev' | 'jwks' };
  readonly database: Omit<ParsedConfiguration['database'], 'embedded'> & { readonly embedded: boolean };
};

/** The configuration can't be used. The message lists every reason, each with its variable and the way out. */
export class ConfigurationRefused extends Error {
  override readonly name = 'ConfigurationRefused';

  constructor(readonly reasons: readonly string[]) {
    super(`The configuration is refused:\n${reasons.map((reason) => `  - ${reason}`).join('\n')}`);
  }
}

export const namedSettings: readonly NamedSetting[] = variablesOf(schema as unknown as Record<string, Section<never>>);

/**
 * Makes the configuration of an environment: typed, with defaults, deeply frozen. An empty variable counts as unset.
 * Throws ConfigurationRefused with all reasons at once: wrong values first, then broken rules between values.
 */
export function configurationOf(environment: Environment): Configuration {
  const { values, reasons } = parseAll(environment);
  if (reasons.length > 0) throw new ConfigurationRefused(reasons);
  const broken = brokenRules(values);
  if (broken.length > 0) throw new ConfigurationRefused(broken);
  const { runtime, database, auth } = values;
  return deepFreeze({
    ...values,
    runtime: { ...runtime, dataDir: resolve(runtime.dataDir) },
    database: { ...database, embedded: usesEmbedded(values) },
    auth: { ...auth, mode: authMode(values) },
  });
}

function parseAll(environment: Environment): { values: ParsedConfiguration; reasons: string[] } {
  const inProduction = textOf(environment, 'NODE_ENV') === 'production';
  const values: Record<string, Record<string, unknown>> = {};
  const reasons: string[] = [];
  for (const { sectionKey, key, variable, setting } of namedSettings) {
    const text = textOf(environment, variable);
    const whenUnset = inProduction ? (setting.whenUnsetInProduction ?? setting.whenUnset) : setting.whenUnset;
    const value = text.trim() === '' ? { parsed: whenUnset } : parse(text, setting);
    if ('shape' in value) reasons.push(`${variable} must be ${value.shape}; it is ${quoted(text, setting.masked)}.`);
    else (values[sectionKey] ??= {})[key] = value.parsed;
  }
  return { values: values as unknown as ParsedConfiguration, reasons };
}

/** As it was set, without the line break that files and secrets often end with. */
function textOf(environment: Environment, variable: string): string {
  return environment[variable]?.replace(/[\r\n]+$/, '') ?? '';
}

/** The value of a text, or the shape that it should have had. */
function parse(text: string, setting: Setting<unknown>): { parsed: unknown } | { shape: string } {
  if (text !== text.trim()) return { shape: `${setting.shape}, without spaces around it` };
  const value = setting.parse(text);
  return value === undefined ? { shape: setting.shape } : { parsed: value };
}

type Rule = readonly [isBroken: boolean, reason: string];

/** What is no single variable's fault. Each text names the variables that the reader may change. */
function brokenRules(values: ParsedConfiguration): string[] {
  const rules = [...databaseRules(values), ...productionRules(values)];
  return rules.filter(([isBroken]) => isBroken).map(([, reason]) => reason);
}

function databaseRules(values: ParsedConfiguration): Rule[] {
  const { database } = values;
  const isProduction = values.runtime.environment === 'production';
  const hasDatabase = database.url !== undefined || usesEmbedded(values);
  const companions = (['appUrl', 'workerUrl', 'queryUrl', 'listenUrl'] as const).filter((key) => database[key]);
  return [
    [
      !hasDatabase && isProduction,
      'NODE_ENV is production and DATABASE_URL is not set. Set DATABASE_URL to your PostgreSQL, or EMBEDDED_PG=true if ' +
        'the embedded server, meant for trying out, is really what you want.',
    ],
    [
      !hasDatabase && !isProduction,
      'EMBEDDED_PG is false and DATABASE_URL is not set: there is no database. Set one of the two.',
    ],
    [
      companions.length > 0 && !database.url,
      'DATABASE_APP_URL, DATABASE_WORKER_URL, DATABASE_QUERY_URL and DATABASE_LISTEN_URL go with DATABASE_URL, which ' +
        'is not set. Set it too, or none of them.',
    ],
  ];
}

function productionRules(values: ParsedConfiguration): Rule[] {
  const { auth, runtime, testing } = values;
  const isProduction = runtime.environment === 'production';
  const isDev = authMode(values) === 'dev';
  return [
    [
      isProduction && Boolean(testing.failpoints),
      'FAILPOINTS makes the process fail on purpose and is refused with NODE_ENV=production. Unset it.',
    ],
    [
      isDev && isProduction,
      'AUTH_MODE=dev hands out tokens to anyone and is refused with NODE_ENV=production. Set AUTH_JWKS_URL, ' +
        'AUTH_ISSUER and AUTH_AUDIENCE of your token issuer instead.',
    ],
    [
      !isDev && !auth.jwksUrl,
      'No token would be accepted. Set AUTH_JWKS_URL (with AUTH_ISSUER and AUTH_AUDIENCE) to the keys of your token issuer, ' +
        'or AUTH_MODE=dev on a machine that only you can reach.',
    ],
    [
      !isDev && auth.jwksUrl !== undefined && !(auth.issuer && auth.audience),
      'AUTH_JWKS_URL needs AUTH_ISSUER and AUTH_AUDIENCE beside it: without them a token made for another service of ' +
        'the same issuer would be accepted.',
    ],
  ];
}

function usesEmbedded({ runtime, database }: ParsedConfiguration): boolean {
  if (database.url !== undefined) return false;
  return database.embedded ?? runtime.environment !== 'production';
}

function authMode(values: ParsedConfiguration): 'dev' | 'jwks' {
  if (values.auth.mode) return values.auth.mode;
  const ownMachine = usesEmbedded(values) && values.runtime.environment !== 'production' && !values.auth.jwksUrl;
  return ownMachine ? 'dev' : 'jwks';
}

function quoted(text: string, masked: boolean): string {
  return masked ? 'something else (not shown, it may hold a password)' : JSON.stringify(text.slice(0, 200));
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
