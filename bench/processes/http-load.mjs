import { randomUUID } from 'node:crypto';
import { answer } from './answering.mjs';
import { HttpConnection, requestBytes } from './http-connection.mjs';
import { closedLoop, steadyRate } from './load.mjs';
import { orderBody } from '../orders-wanted.mjs';

/** Makes HTTP requests as fast as they are answered, or at a steady rate. */
answer({
  /** POST /v1/orders: each a new order under a new key, by customers in turn. */
  orders: ({ port, tokens, skus, ...how }) =>
    load(port, how, (number) => {
      const customer = number % tokens.length;
      const headers = { Authorization: `Bearer ${tokens[customer]}`, 'Idempotency-Key': randomUUID() };
      return requestBytes({ method: 'POST', path: '/v1/orders', headers, body: orderBody(skus, number) });
    }),

  /** GET of some paths in turn. */
  gets: ({ port, token, paths, ...how }) => {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const requests = paths.map((path) => Buffer.from(requestBytes({ method: 'GET', path, headers })));
    return load(port, how, (number) => requests[number % requests.length]);
  },
});

async function load(port, how, request) {
  const connections = await Promise.all(Array.from({ length: how.connections }, () => HttpConnection.open(port)));
  let number = 0;
  const refused = new Map();
  const call = async (index) => {
    number += 1;
    const { status, body } = await connections[index].request(request(number));
    if (status >= 300) refused.set(status, { times: (refused.get(status)?.times ?? 0) + 1, body });
  };
  try {
    const result = await (how.rate === undefined ? closedLoop(how, call) : steadyRate(how, call));
    if (refused.size > 0) throw new Error(`Not every request was taken: ${JSON.stringify([...refused])}`);
    return result;
  } finally {
    for (const connection of connections) connection.close();
  }
}
