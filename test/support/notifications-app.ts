import { CommandBus, type Command } from '@nestjs/cqrs';
import type { Environment } from '#config';
import type { EffectIntent } from '../../src/kernel/effects/effects.js';
import { MessageContext, messageContext, newId } from '#kernel';
import { ImportCustomerCommand } from '#customers/contracts';
import { PlaceOrderCommand } from '#ordering/contracts';
import { DiscardDraftCommand } from '../../src/contexts/ordering/commands/discard-draft.command.js';
import { StoredEffects } from '../../src/kernel/effects/stored-effects.js';
import { SystemStatus } from '../../src/platform/operations/reports/system-status.js';
import { until } from '../../src/kernel/testing/until.js';
import { OrderingApp, ada, importer, noon, shipTo } from './ordering-app.js';

/** What notifications.notifications says, as far as specs care. */
export interface NotificationRow {
  readonly notification_id: string;
  readonly event_id: string;
  readonly customer_id: string;
  readonly matter: { readonly about: string };
  readonly status: string;
  readonly via: string | null;
  readonly reason: string | null;
}

/** A whole Waybill whose customers are told of things. */
export class NotificationsApp {
  private constructor(readonly ordering: OrderingApp) {}

  static async open(specUrl: string, environment: Environment = {}): Promise<NotificationsApp> {
    return new NotificationsApp(await OrderingApp.open(specUrl, environment));
  }

  close(): Promise<void> {
    return this.ordering.close();
  }

  async customer(customerId: string, email: string | null): Promise<void> {
    await this.ordering.execute(new ImportCustomerCommand({ customerId, name: 'Ada L.', email }));
  }

  /** An order of that customer; returns its id. */
  async place(customerId = ada.id): Promise<string> {
    const orderId = newId();
    await this.ordering.placeOrder({ orderId, by: importer, customerId });
    return orderId;
  }

  /** An order that another system had; returns its id. */
  async takeOver(): Promise<string> {
    const orderId = newId();
    const lines = [{ sku: 'TEE', quantity: 1 }];
    const order = { orderId, by: importer, customerId: ada.id, lines, shipTo, placedAt: noon, isImported: true };
    await this.importing(new PlaceOrderCommand(order));
    return orderId;
  }

  /** A draft of Ada's that was given up; returns its id. */
  async discardDraft(): Promise<string> {
    const orderId = await this.ordering.draft();
    await this.ordering.execute(new DiscardDraftCommand({ orderId, by: ada }, noon), ada);
    return orderId;
  }

  importing<T>(command: Command<T>): Promise<T> {
    return messageContext.run(new MessageContext({ actor: importer, imported: true }), () =>
      this.ordering.waybill.app.get(CommandBus).execute(command),
    );
  }

  async rows(orderId: string): Promise<NotificationRow[]> {
    const { rows } = await this.ordering.db.pools.query.query<NotificationRow>(
      'SELECT * FROM notifications.notifications WHERE order_id = $1',
      [orderId],
    );
    return rows;
  }

  async intents(key: string): Promise<(EffectIntent & { readonly state: string; readonly attempts: number })[]> {
    const { rows } = await this.ordering.db.pools.app.query<EffectIntent & { state: string; attempts: number }>(
      'SELECT kind, key, body, state, attempts FROM kernel.effects WHERE key = $1',
      [key],
    );
    return rows;
  }

  get deadLettered(): StoredEffects {
    return this.ordering.waybill.app.get(StoredEffects, { strict: false });
  }

  /** What the status of the system says about deliveries. */
  async deliveryFindings(): Promise<string[]> {
    const { findings } = await this.ordering.waybill.app.get(SystemStatus, { strict: false }).current();
    return findings.map(({ state, what }) => `${state}: ${what}`).filter((text) => text.includes('deliver'));
  }

  /** The one notification about an order, once its delivery has ended. */
  async settled(orderId: string): Promise<NotificationRow> {
    let found: NotificationRow[] = [];
    await until(`the customer of ${orderId} is told`, async () => {
      found = await this.rows(orderId);
      return found.length > 0 && found.every(({ status }) => status !== 'pending');
    });
    if (found.length > 1) throw new Error(`The customer of ${orderId} is told ${found.length} times.`);
    return found[0]!;
  }
}
