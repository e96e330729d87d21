import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { built } from './built.mjs';
import { withOwner } from './database.mjs';
import { CUSTOMERS, PRODUCTS, orderBody } from './orders-wanted.mjs';
import { patternsOf, readRecording } from './recording.mjs';
import { Waybill } from './waybill.mjs';

const RECORDER = new URL('processes/record.mjs', import.meta.url).href;
const SKUS = PRODUCTS.map(({ sku }) => sku);

/** 16 MB each: more WAL than the bench writes between two checkpoints. */
const WAL_SEGMENTS = 50;

/** A fresh embedded PostgreSQL, as durable as ever, that stays up until the bench ends. */
export async function openStage(scope) {
  const { useEmbeddedServer } = await built('platform/database/embedded/index.js');
  const dataDir = scope.folder();
  const server = await useEmbeddedServer({ dataDir });
  scope.onEnd(() => server.leave());
  const postmaster = Number(readFileSync(join(server.folder, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
  await withOwner(server.ownerUrl, haveSegments);
  return { dataDir, ownerUrl: server.ownerUrl, postmaster };
}

/** A server that has run for a while writes its log into used segments. A new one stands still for each that it has to
 *  make (some 130 ms here), which hits whoever writes most, and says nothing of Waybill. */
async function haveSegments(client) {
  await client.query("ALTER SYSTEM SET min_wal_size = '1GB'");
  await client.query('SELECT pg_reload_conf()');
  for (let made = 0; made < WAL_SEGMENTS; made += 1) {
    await client.query("SELECT pg_logical_emit_message(true, 'bench', 'a segment of its own')");
    await client.query('SELECT pg_switch_wal()');
  }
  await client.query('CHECKPOINT');
}

/** A shop with goods and customers, and what a server sends to its database for an order and for each kind of read. */
export async function openShop(scope, { dataDir }) {
  const file = join(scope.folder(), 'statements.jsonl');
  const waybill = await Waybill.start(scope, dataDir, {
    nodeArgs: ['--import', RECORDER],
    // Without readers of the log: what they do for an order is not the order's own work.
    env: { WAYBILL_BENCH_RECORDING: file, ROLE: 'api' },
  });
  const staff = await waybill.token('bench', 'admin');
  for (const product of PRODUCTS) await waybill.send('POST', '/v1/products', { token: staff, body: product });
  const tokens = [];
  for (const customer of CUSTOMERS) tokens.push(await waybill.token(customer, 'customer'));
  const place = (token, number) =>
    waybill.send('POST', '/v1/orders', { token, key: randomUUID(), body: orderBody(SKUS, number) });
  for (const [index, token] of tokens.entries()) await place(token, index);
  const recorded = await recordEach(waybill, { file, staff, place: (number) => place(tokens[0], number) });
  await waybill.stop();
  return { skus: SKUS, tokens, staff, ...recorded };
}

async function recordEach(waybill, { file, staff, place }) {
  const during = async (work) => {
    const before = readRecording(file).length;
    const result = await work();
    return { result, statements: readRecording(file).slice(before) };
  };
  const { result: order, statements } = await during(() => place(1));
  const another = await during(() => place(2));
  const takeNumbers = readRecording(file).find(({ text }) => text.includes('order_numbers'));
  const ofOrder = [statements, another.statements].find((of) => !of.some(({ text }) => text === takeNumbers.text));
  const read = async (path) => {
    const seen = await during(() => waybill.send('GET', path, { token: staff }));
    return seen.statements.find(({ name }) => !name?.startsWith('kernel_'));
  };
  return {
    order: { ...patternsOf(ofOrder), takeNumbers },
    summary: await read(`/v1/orders/${order.id}`),
    list: await read('/v1/orders'),
  };
}
