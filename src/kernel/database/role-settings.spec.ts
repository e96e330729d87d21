import { configurationOf } from '#config';
import { purposes, roleSettings } from './role-settings.js';

const { database } = configurationOf({});
const PG_15 = 150_000;

describe('the settings of a role', () => {
  it.each(purposes)('of %s end every statement, lock and idle transaction on the server', (purpose) => {
    const settings = roleSettings(purpose, database, PG_15);
    for (const limit of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])
      expect(Number(settings[limit])).toBeGreaterThan(0);
  });

  it('end whole transactions where the server can', () => {
    expect(roleSettings('app', database, PG_15)).not.toHaveProperty('transaction_timeout');
    expect(Number(roleSettings('app', database, 170_000)['transaction_timeout'])).toBeGreaterThan(0);
  });

  it('let queries only read', () => {
    expect(roleSettings('query', database, PG_15)).toHaveProperty('default_transaction_read_only', 'on');
    expect(roleSettings('worker', database, PG_15)).not.toHaveProperty('default_transaction_read_only');
  });
});
