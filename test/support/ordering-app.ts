import { CommandBus, QueryBus, type Command, type Query } from '@nestjs/cqrs';
import { MessageContext, StreamReader, messageContext, newId } from '#kernel';
import { configurationOf, type Environment } from '#config';
import type { Actor } from '#kernel/domain';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { ImportProductCommand, type ImportedProduct } from '#catalog/contracts';
import { EnsureCustomerCommand } from '#customers/contracts';
import { PlaceOrderCommand, type PlaceOrder, type PlacedOrder } from '#ordering/contracts';
import { boot, type Waybill } from '../../src/boot.js';
import { StartDraftCommand } from '../../src/contexts/ordering/commands/start-draft.command.js';

export const ada: Actor = { type: 'customer', id: 'ada' };
export const eve: Actor = { type: 'customer', id: 'eve' };
export const sam: Actor = { type: 'staff', id: 'sam' };
export const importer: Actor = { type: 'service', id: 'importer' };

export const noon = '2026-11-23T12:00:00.000Z';
export const shipTo = {
  name: 'Ada L.',
  street: '1 Long Row',
  street2: null,
  city: 'Leeds',
  region: null,
  postalCode: 'LS1 1AA',
  country: 'GB',
};

const GOODS: readonly ImportedProduct[] = [
  { sku: 'TEE', name: 'Black tee', unitPrice: 1999, currency: 'EUR' },
  { sku: 'MUG', name: 'Mug à café', unitPrice: 850, currency: 'EUR' },
  { sku: 'CAP', name: 'Cap, 100% wool_mix', unitPrice: 1500, currency: 'USD' },
  { sku: 'OLD', name: 'Old tee', unitPrice: 900, currency: 'EUR', discontinued: true },
];

/** A whole Waybill without HTTP, on a database of its own, with some goods and one customer, Ada. */
export class OrderingApp {
  private constructor(
    readonly db: FreshDatabase,
    readonly waybill: Waybill,
  ) {}

  static async open(specUrl: string, environment: Environment = {}): Promise<OrderingApp> {
    const db = await freshDatabase(specUrl);
    const configuration = configurationOf({ ...db.environment, ...environment });
    const app = new OrderingApp(db, await boot(configuration, { serves: 'nothing', logger: false }));
    for (const product of GOODS) await app.execute(new ImportProductCommand(product));
    await app.execute(new EnsureCustomerCommand({ customerId: ada.id, name: 'Ada L.' }));
    return app;
  }

  async close(): Promise<void> {
    await this.waybill.stop();
    await this.db.drop();
  }

  /** Runs a command in a context of its own, as a request would; with a key, it is the same request each time. */
  execute<T>(command: Command<T>, by: Actor = importer, key?: string): Promise<T> {
    const idempotency = key === undefined ? undefined : { key, operation: 'spec', fingerprint: key };
    return messageContext.run(new MessageContext({ actor: by, idempotency }), () =>
      this.waybill.app.get(CommandBus).execute(command),
    );
  }

  /** Asks once every view has what was committed before. */
  ask<T>(query: Query<T>): Promise<T> {
    const consistency = { token: 'head', waitMs: 5_000, strict: true };
    return messageContext.run(new MessageContext({ actor: sam, consistency }), () =>
      this.waybill.app.get(QueryBus).execute(query),
    );
  }

  eventsOf(orderId: string): Promise<object[]> {
    return this.waybill.app.get(StreamReader).events(`ordering.order:${orderId}`);
  }

  /** A new draft of Ada's; returns its id. */
  async draft(): Promise<string> {
    const orderId = newId();
    await this.execute(new StartDraftCommand({ orderId, by: ada, customerId: ada.id, startedAt: noon }), ada);
    return orderId;
  }

  /** Two tees for Ada, or whatever is said. */
  placeOrder(request: Partial<PlaceOrder> = {}, key?: string): Promise<PlacedOrder> {
    const lines = [{ sku: 'TEE', quantity: 2 }];
    const order = { orderId: newId(), by: ada, customerId: ada.id, lines, shipTo, placedAt: noon, ...request };
    return this.execute(new PlaceOrderCommand(order), order.by, key);
  }

  /** Products sold at another price from now on. */
  async sellAt(sku: string, unitPrice: number): Promise<void> {
    const product = GOODS.find((known) => known.sku === sku)!;
    await this.execute(new ImportProductCommand({ ...product, unitPrice }));
  }

  async personalDataOf(orderId: string): Promise<unknown> {
    const { rows } = await this.db.pools.query.query<{ data: unknown }>(
      'SELECT data FROM ordering_private.personal_data WHERE subject = $1',
      [orderId],
    );
    return rows[0]?.data;
  }
}
