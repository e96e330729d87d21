import type { Configuration } from '#config';
import type { Waybill } from './boot.js';
import { DevTokens } from '#platform/http';

/** The last lines of a start: where it listens, where the data lives, and a line that works when pasted. */
export async function startMessage({ app, database, url }: Waybill, configuration: Configuration): Promise<string> {
  const { role } = configuration.runtime;
  const lines = [
    role === 'worker' ? `Waybill worker started. Health: ${url}/health/ready` : `Waybill listens on ${url}`,
    `Database: ${database.place}`,
  ];
  if (role === 'worker') return lines.join('\n');
  lines.push(`API reference: ${url}/docs`);
  if (configuration.auth.mode !== 'dev') return lines.join('\n');
  const token = await app.get(DevTokens).issue({ subject: 'ada', roles: ['customer'] });
  const { rows } = await database.pools.query.query<{ sku: string }>(
    `SELECT sku FROM catalog.products WHERE NOT discontinued ORDER BY sku <> 'TEE-BLK-M', sku LIMIT 1`,
  );
  const [what, line] =
    rows[0] === undefined
      ? ['List the products', products(url!, token)]
      : ['Place an order', order(url!, token, rows[0].sku)];
  return [...lines, `${what} (with a customer token, valid for 12 hours):`, '', line, ''].join('\n');
}

function products(url: string, token: string): string {
  return `curl -s ${url}/v1/products -H 'Authorization: Bearer ${token}'`;
}

function order(url: string, token: string, sku: string): string {
  const body = {
    lines: [{ sku, quantity: 2 }],
    paymentMethodToken: 'tok_ok',
    shipTo: {
      name: 'Ada Lovelace',
      street: '12 St James Square',
      city: 'London',
      postalCode: 'SW1Y 4JH',
      country: 'GB',
    },
  };
  return `curl -s ${url}/v1/orders -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
}
