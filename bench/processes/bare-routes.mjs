import fastify from 'fastify';
import { built } from '../built.mjs';
import { databaseSettings, loginsOf } from '../database.mjs';
import { answer } from './answering.mjs';

const { Pools } = await built('kernel/database/pools.js');

/** Fastify and `pg` with nothing between: two routes that run the reads of Waybill's and answer with the rows. */
answer({
  async open({ ownerUrl, summary, list }) {
    const pools = new Pools(await loginsOf(ownerUrl), databaseSettings(ownerUrl));
    const server = fastify({ logger: false });
    const [, ...restOfSummary] = summary.values;
    server.get('/orders/:id', async ({ params }) => {
      const { rows } = await pools.query.query({ ...statementOf(summary), values: [params.id, ...restOfSummary] });
      return rows[0];
    });
    server.get('/orders', async () => {
      const { rows } = await pools.query.query({ ...statementOf(list), values: list.values });
      return { data: rows };
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    return server.server.address().port;
  },
});

function statementOf({ name, text }) {
  return { name, text };
}
