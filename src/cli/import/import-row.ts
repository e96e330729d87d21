import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { MessageContext, messageContext, newId } from '#kernel';
import { isRefusal, type Actor } from '#kernel/domain';
import { ImportProductCommand, type ImportedProduct } from '#catalog/contracts';
import { ImportCustomerCommand, type ImportedCustomer } from '#customers/contracts';
import { GetOrderSummaryQuery, PlaceOrderCommand, type OrderSummary } from '#ordering/contracts';
import { BadRow } from './format/row-reader.js';
import type { ImportedOrder } from './format/order-row.js';
import { differencesBetween } from './same-order.js';
import { throughFaults } from './retry-transient-errors.js';

/** What became of a good row. */
export type Outcome = 'new' | 'updated' | 'already there';

/** The actor that the log records for imported rows. */
const IMPORTER: Actor = { type: 'service', id: 'import' };
const PRINCIPAL = { id: IMPORTER.id, roles: ['service'] } as const;
const OUTCOMES = { added: 'new', changed: 'updated', unchanged: 'already there' } as const;

/**
 * Imports single rows by the commands that all callers use. Each call may be repeated at will, also after a crash in its
 * middle: products and customers become as in the row, and an order is identified by its external number, which is
 * claimed in the very commit that places it.
 */
export class ImportRow {
  readonly #commands: CommandBus;
  readonly #queries: QueryBus;

  constructor(app: INestApplicationContext) {
    this.#commands = app.get(CommandBus);
    this.#queries = app.get(QueryBus);
  }

  /** @throws BadRow */
  async product(product: ImportedProduct): Promise<Outcome> {
    const { outcome } = await this.#asImporter(newId(), () =>
      this.#commands.execute(new ImportProductCommand(product)),
    );
    return OUTCOMES[outcome];
  }

  /** @throws BadRow */
  async customer(customer: ImportedCustomer): Promise<Outcome> {
    const { outcome } = await this.#asImporter(newId(), () =>
      this.#commands.execute(new ImportCustomerCommand(customer)),
    );
    return OUTCOMES[outcome];
  }

  /** @throws BadRow, also when the order is known with another content. */
  order(order: ImportedOrder): Promise<Outcome> {
    const orderId = newId();
    return this.#asImporter(orderId, async () => {
      if (await this.#isKnown(order)) return 'already there';
      try {
        await this.#commands.execute(new PlaceOrderCommand({ ...order, orderId, by: IMPORTER, isImported: true }));
        return 'new';
      } catch (error) {
        // Another process imports the same order at this moment.
        if (codeOf(error) === 'ordering.external-number-taken' && (await this.#isKnown(order))) return 'already there';
        throw error;
      }
    });
  }

  /** @throws BadRow when it is known, but isn't the same. */
  async #isKnown(order: ImportedOrder): Promise<boolean> {
    const known = await this.#find(order.externalNumber);
    if (known === undefined) return false;
    const differences = differencesBetween(order, known);
    if (differences.length === 0) return true;
    throw new BadRow(
      `order ${order.externalNumber} already exists as ${known.number} with another ${differences.join(', ')}`,
    );
  }

  async #find(externalNumber: string): Promise<OrderSummary | undefined> {
    try {
      return await this.#queries.execute(new GetOrderSummaryQuery({ order: { externalNumber }, onlyCustomerId: null }));
    } catch (error) {
      if (codeOf(error) === 'not-found') return undefined;
      throw error;
    }
  }

  /** The correlation is the same for every try of a row, so that the log shows them as one. */
  async #asImporter<T>(correlationId: string, work: () => Promise<T>): Promise<T> {
    const fields = { principal: PRINCIPAL, actor: IMPORTER, imported: true, correlationId };
    try {
      return await throughFaults(() => messageContext.run(new MessageContext(fields), work));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      throw new BadRow(reasonOf(error.code, error.message, error.facts()), { cause: error });
    }
  }
}

/** The refusal in words of the file: old orders may name goods that aren't sold any more, but not unknown ones. */
function reasonOf(code: string, message: string, facts: Readonly<Record<string, unknown>>): string {
  if (code === 'ordering.sku-unavailable') return `there is no product ${(facts['skus'] as string[]).join(', ')}`;
  return message;
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}
