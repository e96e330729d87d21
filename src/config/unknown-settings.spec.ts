import { unknownSettings } from './unknown-settings.js';

const inFile = (...names: string[]): string[] =>
  unknownSettings({}, { name: '.env', variables: Object.fromEntries(names.map((name) => [name, '1'])) });
const inEnvironment = (...names: string[]): string[] =>
  unknownSettings(Object.fromEntries(names.map((name) => [name, '1'])), { name: '.env', variables: {} });

describe('a name that is no setting', () => {
  it('is told where it stands in the file, with what was probably meant', () => {
    expect(inFile('DATABASE_POOLSIZE', 'PORT', 'NODE_EVN', 'database_url', 'PROT', 'POSTGRES_PASSWORD')).toEqual([
      '.env sets DATABASE_POOLSIZE, which is no setting of Waybill. Did you mean DATABASE_POOL_SIZE?',
      '.env sets NODE_EVN, which is no setting of Waybill. Did you mean NODE_ENV?',
      '.env sets database_url, which is no setting of Waybill. Did you mean DATABASE_URL?',
      '.env sets PROT, which is no setting of Waybill. Did you mean PORT?',
      '.env sets POSTGRES_PASSWORD, which is no setting of Waybill.',
    ]);
  });

  it('is told where it stands in the environment and looks like one', () => {
    expect(inEnvironment('DATABASE_POOLSIZE', 'SUBSCRIPTION_LEASE_MS', 'AUTH_JWKS_URI', 'LOGLEVEL')).toEqual([
      'The environment sets DATABASE_POOLSIZE, which is no setting of Waybill. Did you mean DATABASE_POOL_SIZE?',
      'The environment sets SUBSCRIPTION_LEASE_MS, which is no setting of Waybill. Did you mean SUBSCRIPTIONS_LEASE_MS?',
      'The environment sets AUTH_JWKS_URI, which is no setting of Waybill. Did you mean AUTH_JWKS_URL?',
      'The environment sets LOGLEVEL, which is no setting of Waybill. Did you mean LOG_LEVEL?',
    ]);
  });

  it('is told once where it stands in both', () => {
    const both = { SMTP_FORM: 'a@b.test' };
    expect(unknownSettings(both, { name: '.env', variables: both })).toHaveLength(1);
  });

  it('of another program is not guessed at', () => {
    const others = [
      'PATH',
      'HOME',
      'HOSTNAME',
      'USER',
      'SHELL',
      'TERM',
      'LANG',
      'TZ',
      'PWD',
      'CI',
      'NODE_PATH',
      'NODE_OPTIONS',
    ];
    const more = [
      'NODE_VERSION',
      'HTTP_PROXY',
      'https_proxy',
      'NO_PROXY',
      'DATABASE_HOST',
      'DATABASE_PORT',
      'PGHOST',
      'SMTP_HOST',
    ];
    expect(inEnvironment(...others, ...more)).toEqual([]);
  });
});
