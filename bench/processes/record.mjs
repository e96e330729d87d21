// Loaded into the server before everything else (node --import): writes down each statement that it sends, with its
// parameters, as one line of JSON. The bench repeats them without the server.
import { appendFileSync } from 'node:fs';
import pg from 'pg';

const file = process.env['WAYBILL_BENCH_RECORDING'];
const send = Object.getOwnPropertyDescriptor(pg.Client.prototype, 'query').value;

pg.Client.prototype.query = function query(statement, ...rest) {
  const [, pool] = /^waybill-([a-z]+)-/.exec(this.connectionParameters.application_name ?? '') ?? [];
  const { name, text, values } = typeof statement === 'object' ? statement : { text: statement };
  if (pool === 'app' || pool === 'query') appendFileSync(file, `${JSON.stringify({ pool, name, text, values })}\n`);
  return send.call(this, statement, ...rest);
};
