import { classify } from './errors.js';

function serverError(code: string, rest: object = {}): Error {
  return Object.assign(new Error(`server says ${code}`), { code, severity: 'ERROR', ...rest });
}

describe('a database error', () => {
  it.each([
    ['40001', 'conflict'],
    ['40P01', 'conflict'],
    ['WB002', 'conflict'],
    ['55P03', 'lock-timeout'],
    ['57014', 'timeout'],
    ['25P03', 'timeout'],
    ['25P04', 'timeout'],
    ['57P03', 'unavailable'],
    ['26000', 'unavailable'],
    ['28000', 'unavailable'],
    ['28P01', 'unavailable'],
    ['0A000', 'other'],
    ['53300', 'unavailable'],
    ['53100', 'unavailable'],
    ['08001', 'unavailable'],
    ['08006', 'outcome-unknown'],
    ['08P01', 'outcome-unknown'],
    ['57P01', 'outcome-unknown'],
    ['57P02', 'outcome-unknown'],
    ['23505', 'unique'],
    ['WB001', 'unique'],
    ['WB003', 'unique'],
    ['22P02', 'bad-value'],
    ['22021', 'bad-value'],
    ['25006', 'read-only'],
    ['42P01', 'other'],
  ])('%s means %s', (sqlState, kind) => {
    expect(classify(serverError(sqlState))).toMatchObject({ kind, sqlState });
  });

  it('of a statement that was planned for another schema means that nothing was done, and that another session can do it', () => {
    const stale = serverError('0A000', { message: 'cached plan must not change result type' });
    expect(classify(stale)).toMatchObject({ kind: 'unavailable', sqlState: '0A000' });
  });

  it.each([
    ['timeout exceeded when trying to connect', 'unavailable'],
    ['timeout expired', 'unavailable'],
    ['Connection terminated due to connection timeout', 'unavailable'],
    ['Cannot use a pool after calling end on the pool', 'unavailable'],
    ['Client has encountered a connection error and is not queryable', 'unavailable'],
    ['Query runner already released. Cannot run queries anymore.', 'unavailable'],
    ['Connection terminated unexpectedly', 'outcome-unknown'],
    ['Query read timeout', 'outcome-unknown'],
    ['Cannot read properties of undefined', 'other'],
  ])('without a code, “%s” means %s', (message, kind) => {
    expect(classify(new Error(message))).toMatchObject({ kind, sqlState: undefined });
  });

  it.each([
    ['server login has been failing, try again later (server_login_retry)', 'unavailable'],
    ['query_wait_timeout', 'unavailable'],
    ['no more connections allowed (max_client_conn)', 'unavailable'],
    ['server conn crashed?', 'outcome-unknown'],
    ['client unexpected eof', 'outcome-unknown'],
  ])('of pgbouncer, “%s” means %s', (message, kind) => {
    const error = Object.assign(new Error(message), { code: '08P01', severity: 'FATAL' });
    expect(classify(error)).toMatchObject({ kind, sqlState: '08P01' });
  });

  it.each([
    ['ECONNREFUSED', 'unavailable'],
    ['ENOTFOUND', 'unavailable'],
    ['EPIPE', 'outcome-unknown'],
    ['ECONNRESET', 'outcome-unknown'],
  ])('Node’s %s means %s', (code, kind) => {
    expect(classify(Object.assign(new Error('socket'), { code }))).toMatchObject({ kind, sqlState: undefined });
  });

  it('is found inside what TypeORM and Node wrap around it', () => {
    const driverError = serverError('23505', { constraint: 'ux_products_sku', table: 'products' });
    const wrapped = Object.assign(new Error('QueryFailedError'), { driverError, code: '23505' });
    expect(classify(wrapped)).toEqual({
      kind: 'unique',
      sqlState: '23505',
      constraint: 'ux_products_sku',
      table: 'products',
    });
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(classify(new AggregateError([refused])).kind).toBe('unavailable');
    expect(classify(new Error('outer', { cause: serverError('40001') })).kind).toBe('conflict');
  });

  it('isn’t seen where there is none', () => {
    expect(classify(undefined).kind).toBe('other');
    expect(classify('Connection terminated').kind).toBe('other');
    expect(classify(new Error('boom')).kind).toBe('other');
  });
});
