import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chdir, cwd } from 'node:process';
import { dropClientVariables, loadConfiguration } from './environment.js';

const before = { folder: cwd(), variables: { ...process.env } };
beforeEach(() => {
  for (const variable of Object.keys(process.env)) delete process.env[variable];
  chdir(mkdtempSync(join(tmpdir(), 'waybill-environment-')));
});
afterEach(() => {
  const folder = cwd();
  chdir(before.folder);
  rmSync(folder, { recursive: true });
  for (const variable of Object.keys(process.env)) delete process.env[variable];
  Object.assign(process.env, before.variables);
});

describe('the settings of a process', () => {
  it('are the environment’s, and those of .env below them', () => {
    writeFileSync('.env', 'PORT=4000\nHOST=127.0.0.2\n');
    process.env['PORT'] = '5000';
    const { http } = loadConfiguration();
    expect([http.port, http.host]).toEqual([5000, '127.0.0.2']);
  });

  it('do not start in development because of a byte order mark', () => {
    writeFileSync('.env', '\ufeffNODE_ENV=production\n');
    expect(() => loadConfiguration()).toThrow('NODE_ENV is production and DATABASE_URL is not set');
  });

  it('tell misspelt names before anything is refused, and take nothing from them', () => {
    writeFileSync('.env', '\ufeffDATABASE_POOLSIZE=50\n');
    process.env['NODE_EVN'] = 'production';
    const warnings: string[] = [];
    const warn = (text: string): void => void warnings.push(text);
    expect(loadConfiguration(warn).database.poolSize).toBe(10);
    const options = [
      '.env sets DATABASE_POOLSIZE, which is no setting of Waybill. Did you mean DATABASE_POOL_SIZE?',
      'The environment sets NODE_EVN, which is no setting of Waybill. Did you mean NODE_ENV?',
    ];
    expect(warnings).toEqual(options);
    process.env['PORT'] = 'x';
    expect(() => loadConfiguration(warn)).toThrow('PORT must be');
    expect(warnings).toEqual([...options, ...options]);
  });

  it('include no variable of PostgreSQL’s clients once the embedded server is used', () => {
    Object.assign(process.env, {
      PGSSLMODE: 'require',
      PGOPTIONS: '-c x=y',
      PGSERVICEFILE: '/x',
      PORT: '1',
      PG_OTHER: 'kept',
    });
    dropClientVariables();
    expect(process.env).toEqual({ PORT: '1', PG_OTHER: 'kept' });
  });
});
