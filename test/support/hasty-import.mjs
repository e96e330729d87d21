// A control for the crash tests: an import as one would write it in an afternoon. It keeps its progress in a file of its
// own, and places orders without the number they are known by. `node hasty-import.mjs <folder> <notes> before|after`
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandBus } from '@nestjs/cqrs';
import { newId } from '#kernel';
import { loadConfiguration } from '#config';
import { ImportCustomerCommand } from '#customers/contracts';
import { ImportProductCommand } from '#catalog/contracts';
import { PlaceOrderCommand } from '#ordering/contracts';
import { boot } from '../../dist/boot.js';

/** Orders between two notes. */
const BLOCK = 25;

const [folder, notes, noted] = process.argv.slice(2);
const read = (name) => readFileSync(join(folder, name), 'utf8');
const rows = read('orders.jsonl').trimEnd().split('\n').map(JSON.parse);
const done = existsSync(notes) ? Number(readFileSync(notes, 'utf8')) : 0;

const { app, stop } = await boot(loadConfiguration(), { serves: 'nothing', runSubscriptions: false, logger: false });
const commands = app.get(CommandBus);
for (const { sku, name, category, unit, unitPrice, currency, discontinued } of JSON.parse(read('products.json'))) {
  await commands.execute(new ImportProductCommand({ sku, name, category, unit, unitPrice, currency, discontinued }));
}
for (const { customerId, company, contact, phone, ...address } of JSON.parse(read('customers.json'))) {
  await commands.execute(new ImportCustomerCommand({ customerId, name: company, contact, phone, address }));
}
for (let at = done; at < rows.length; at += BLOCK) {
  const block = rows.slice(at, at + BLOCK);
  if (noted === 'before') writeFileSync(notes, String(at + block.length));
  for (const row of block) await commands.execute(new PlaceOrderCommand(orderOf(row)));
  if (noted === 'after') writeFileSync(notes, String(at + block.length));
}
await stop();

function orderOf({ customerId, placedOn, freight, currency, shipTo, lines }) {
  return {
    orderId: newId(),
    by: { type: 'service', id: 'hasty-import' },
    customerId,
    lines,
    shipTo: { street2: null, region: null, postalCode: null, ...shipTo },
    shippingFee: { amount: freight, currency },
    placedAt: `${placedOn}T00:00:00.000Z`,
    isImported: true,
  };
}
