import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { messageContext } from '#kernel';
import type { Actor } from '#kernel/domain';
import { CustomerExistsQuery, EnsureCustomerCommand } from '#customers/contracts';

/** Gives a signed-in customer who orders for the first time a record, before the order is made. */
@Injectable()
export class Arrivals {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** @param name what the customer is called on the parcel; used only if there is no record yet. */
  async welcome(by: Actor, name: string): Promise<void> {
    if (by.type !== 'customer' || (await this.queries.execute(new CustomerExistsQuery({ customerId: by.id })))) return;
    // Without the caller's key: that one belongs to the order, and a key answers for one command.
    await messageContext.withoutKey(() =>
      this.commands.execute(new EnsureCustomerCommand({ customerId: by.id, name })),
    );
  }
}
