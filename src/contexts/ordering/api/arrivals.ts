import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { messageContext } from '#kernel';
import type { Actor } from '#kernel/domain';
import { CustomerExistsQuery, EnsureCustomerCommand } from '#customers/contracts';

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

  /** Without the caller's key: that one belongs to the order, and a key answers for one command. */
  async #add(customerId: string, name: string): Promise<void> {
    await messageContext.withoutKey(() => this.commands.execute(new EnsureCustomerCommand({ customerId, name })));
  }
}
