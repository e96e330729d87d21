import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { messageContext } from '#kernel';
import type { Actor } from '#kernel/domain';
import { CustomerExistsQuery, EnsureCustomerCommand } from '#customers/contracts';

/** Customers whom this process remembers as registered. More would only save a query that is cheap. */
const MAX_REMEMBERED = 10_000;

/**
 * Registers a signed-in customer with their first order, in the order's own unit of work: a refused order leaves no record. A
 * record is never removed (erasing a person empties it), so a customer who was found once isn't read again.
 */
@Injectable()
export class FirstOrderRegistration {
  readonly #registered = new Set<string>();

  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /**
   * Call it last, once the order can't be refused any more. Does nothing where another actor acts for the customer, who must
   * be known then.
   *
   * @param name whom the parcel goes to; used only if there is no record yet
   */
  async ensureCustomer(by: Actor, customerId: string, name: string): Promise<void> {
    if (by.id !== customerId) return;
    const key = `${messageContext.current().tenant}/${customerId}`;
    if (this.#registered.has(key)) return;
    // Remembered only once it is stored: this unit of work may still be rolled back.
    if (await this.queries.execute(new CustomerExistsQuery({ customerId }))) this.#remember(key);
    else await this.commands.execute(new EnsureCustomerCommand({ customerId, name }));
  }

  #remember(key: string): void {
    if (this.#registered.size >= MAX_REMEMBERED) this.#registered.delete(this.#registered.values().next().value!);
    this.#registered.add(key);
  }
}
