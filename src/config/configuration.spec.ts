import { configurationOf, ConfigurationRefused, type Environment } from './configuration.js';
import { maskedUrl, printedConfiguration } from './printed.js';

const issuer = { AUTH_JWKS_URL: 'https://id.test/keys', AUTH_ISSUER: 'https://id.test', AUTH_AUDIENCE: 'waybill' };
const server = { DATABASE_URL: 'postgres://owner:s3cret@db.test/waybill' };

function reasonsOf(environment: Environment): string {
  try {
    configurationOf(environment);
  } catch (error) {
    if (error instanceof ConfigurationRefused) return error.message;
    throw error;
  }
  return 'taken';
}

describe('the configuration', () => {
  it('needs nothing on your own machine: embedded database, development sign-in', () => {
    const { database, auth, runtime, http } = configurationOf({});
    expect({ embedded: database.embedded, mode: auth.mode, role: runtime.role, port: http.port }).toEqual({
      embedded: true,
      mode: 'dev',
      role: 'all',
      port: 3000,
    });
  });

  it('can’t be changed after the start', () => {
    const configuration = configurationOf({});
    expect(() => Object.assign(configuration.http, { port: 1 })).toThrow(TypeError);
    expect(Object.isFrozen(configuration.http.corsOrigins)).toBe(true);
  });

  it('drops the line break that files and secrets end with', () => {
    const { database, auth } = configurationOf({ DATABASE_URL: `${server.DATABASE_URL}\r\n`, AUTH_MODE: 'dev\n' });
    expect([database.url, auth.mode]).toEqual([server.DATABASE_URL, 'dev']);
    const production = { NODE_ENV: 'production\n', ...server, ...issuer };
    expect(configurationOf(production).shutdown.waitMs).toBe(5000);
  });

  it('takes an empty variable for an unset one', () => {
    expect(configurationOf({ PORT: '', DATABASE_URL: ' ' }).http.port).toBe(3000);
  });

  it.each([
    ['PORT', '70000', 'PORT must be a whole number from 0 to 65535; it is "70000".'],
    ['PORT', '010', 'PORT must be a whole number from 0 to 65535; it is "010".'],
    ['PORT', ' 0', 'PORT must be a whole number from 0 to 65535, without spaces around it; it is " 0".'],
    ['ROLE', 'api ', 'ROLE must be one of all, api, worker, without spaces around it; it is "api ".'],
    ['PORT', '3e3', 'PORT must be a whole number from 0 to 65535; it is "3e3".'],
    ['ROLE', 'web', 'ROLE must be one of all, api, worker; it is "web".'],
    ['NODE_ENV', 'prod', 'NODE_ENV must be one of development, test, production; it is "prod".'],
    ['EMBEDDED_PG', '1', 'EMBEDDED_PG must be true or false; it is "1".'],
    ['CORS_ORIGINS', 'https://a.test/path', 'CORS_ORIGINS must be origins such as'],
    ['DATABASE_URL', 'mysql://u:s3cret@h/d', 'DATABASE_URL must be a URL such as postgres://'],
    ['SMTP_URL', 'http://mail.test', 'SMTP_URL must be a URL such as smtps://'],
    ['SMTP_FROM', 'Orders', 'SMTP_FROM must be a mail address, or a name with one in angle brackets; it is "Orders".'],
    [
      'SHUTDOWN_WAIT_MS',
      '-1',
      'SHUTDOWN_WAIT_MS must be a whole number of milliseconds from 0 to 86400000; it is "-1".',
    ],
  ])('refuses %s=%s and says what is allowed', (variable, value, reason) => {
    expect(reasonsOf({ [variable]: value })).toContain(reason);
  });

  it('names every wrong value at once, and prints no password', () => {
    const reasons = reasonsOf({ PORT: 'x', ROLE: 'y', DATABASE_URL: 'mysql://u:s3cret@h/d' });
    expect(reasons).toMatch(/PORT[^]*ROLE|ROLE[^]*PORT/);
    expect(reasons).not.toContain('s3cret');
  });

  it('refuses production without a database, unless the embedded one is asked for', () => {
    const production = { NODE_ENV: 'production', ...issuer };
    expect(reasonsOf(production)).toContain('DATABASE_URL is not set');
    expect(configurationOf({ ...production, EMBEDDED_PG: 'true' }).database.embedded).toBe(true);
    expect(configurationOf({ ...production, ...server }).database.embedded).toBe(false);
  });

  it('refuses to fail on purpose in production', () => {
    const failpoints = 'cmd.before-commit=kill@3';
    expect(configurationOf({ FAILPOINTS: failpoints }).testing.failpoints).toBe(failpoints);
    const production = { NODE_ENV: 'production', ...server, ...issuer };
    expect(reasonsOf({ ...production, FAILPOINTS: failpoints })).toContain('FAILPOINTS makes the process fail');
    expect(reasonsOf({ FAILPOINTS: 'whenever' })).toContain('FAILPOINTS must be failpoints such as');
  });

  it('refuses development sign-in in production, however it came about', () => {
    expect(reasonsOf({ NODE_ENV: 'production', ...server, AUTH_MODE: 'dev' })).toContain('AUTH_MODE=dev');
    expect(reasonsOf({ NODE_ENV: 'production', EMBEDDED_PG: 'true' })).toContain('AUTH_JWKS_URL');
  });

  it('refuses a server that nobody could sign in to, and names both ways out', () => {
    expect(reasonsOf(server)).toMatch(/AUTH_JWKS_URL[^]*AUTH_MODE=dev/);
    expect(configurationOf({ ...server, AUTH_MODE: 'dev' }).auth.mode).toBe('dev');
    expect(configurationOf({ ...server, ...issuer }).auth.mode).toBe('jwks');
    expect(configurationOf(issuer).auth.mode).toBe('jwks');
  });

  it('refuses keys without issuer and audience', () => {
    expect(reasonsOf({ ...server, AUTH_JWKS_URL: issuer.AUTH_JWKS_URL })).toContain('AUTH_ISSUER and AUTH_AUDIENCE');
  });

  it('refuses the other logins without their owner, and no database at all', () => {
    expect(reasonsOf({ DATABASE_QUERY_URL: server.DATABASE_URL })).toContain('go with DATABASE_URL');
    expect(reasonsOf({ EMBEDDED_PG: 'false' })).toContain('there is no database');
  });

  it('waits before closing the door in production only', () => {
    expect(configurationOf({}).shutdown.waitMs).toBe(0);
    expect(configurationOf({ NODE_ENV: 'production', ...server, ...issuer }).shutdown.waitMs).toBe(5000);
  });

  it('is printed without passwords', () => {
    const printed = printedConfiguration(configurationOf({ ...server, AUTH_MODE: 'dev' }));
    expect(printed).toContain('DATABASE_URL=postgres://owner:***@db.test/waybill');
    expect(printed.join()).not.toContain('s3cret');
    expect(maskedUrl('postgres://u@h/d?password=s3cret')).toBe('postgres://u@h/d');
  });
});
