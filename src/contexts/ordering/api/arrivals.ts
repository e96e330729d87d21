import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { messageContext, type Principal } from '#kernel';
import { actorOf } from '#platform/http';
import { NotFound, type Actor } from '#kernel/domain';
import { CustomerExistsQuery, EnsureCustomerCommand } from '#customers/contracts';
import { GetOrderSummaryQuery } from '../contracts/get-order-summary.js';
import { isCustomer } from './callers.js';

/** Whom this process has seen lately. More would only save a look-up that is cheap. */
const MOST_REMEMBERED = 10_000;

/**
 * Gives a signed-in customer who orders for the first time a record, before the order is made. A record never goes away
 * again (erasing a person empties it), so whoever was found once isn't looked up again.
 */
@Injectable()
export class Arrivals {
  readonly #known = new Set<string>();

  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** @param name what the customer is called on the parcel; used only if there is no record yet. */
  async welcome(by: Actor, name: string): Promise<void> {
    const visitor = `${messageContext.current().tenant}/${by.id}`;
    if (by.type !== 'customer' || this.#known.has(visitor)) return;
    if (!(await this.queries.execute(new CustomerExistsQuery({ customerId: by.id })))) await this.#add(by.id, name);
    if (this.#known.size >= MOST_REMEMBERED) this.#known.delete(this.#known.values().next().value!);
    this.#known.add(visitor);
  }

  /** As {@link welcome}, where the order tells whether the caller is its customer: staff may be customers too. */
  async welcomeOwner(orderId: string, principal: Principal, name: string): Promise<void> {
    const by = actorOf(principal);
    if (by.type === 'customer') return this.welcome(by, name);
    if (isCustomer(principal) && (await this.#owns(orderId, principal.id)))
      await this.welcome({ type: 'customer', id: principal.id }, name);
  }

  async #owns(orderId: string, customerId: string): Promise<boolean> {
    const query = new GetOrderSummaryQuery({ order: { id: orderId }, onlyCustomerId: customerId });
    return this.queries.execute(query).then(
      () => true,
      (error: unknown) => {
        if (error instanceof NotFound) return false;
        throw error;
      },
    );
  }

  /** Without the caller's key: that one belongs to the order, and a key answers for one command. */
  async #add(customerId: string, name: string): Promise<void> {
    await messageContext.withoutKey(() => this.commands.execute(new EnsureCustomerCommand({ customerId, name })));
  }
}
