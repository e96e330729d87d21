import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { EntityManager } from 'typeorm';
import { Subscription, messageContext } from '#kernel';
import {
  DeliverySet,
  LineAdded,
  LineQuantityChanged,
  LineRemoved,
  OrderDiscarded,
  OrderPlaced,
  OrderStarted,
} from '#ordering/contracts';

/**
 * Counts: a row for each event that took effect here, in the order in which it did. Nothing keeps a second row for the
 * same event out, so that an effect that happens twice is seen (I8 and I9 of docs/reference/guarantees.md).
 */
@EventsHandler(OrderStarted, LineAdded, LineQuantityChanged, LineRemoved, DeliverySet, OrderPlaced, OrderDiscarded)
@Subscription('rig.probe', { startFrom: 'beginning' })
export class Probe implements IEventHandler<object> {
  constructor(private readonly manager: EntityManager) {}

  async handle(): Promise<void> {
    const { eventId, stream, version } = messageContext.current().event!;
    await this.manager.query('INSERT INTO rig.seen (event_id, stream, version) VALUES ($1, $2, $3)', [
      eventId,
      stream,
      version,
    ]);
  }
}
