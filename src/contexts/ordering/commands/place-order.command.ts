import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UniqueValues, newId } from '#kernel';
import { GetProductsForSaleQuery } from '#catalog/contracts';
import { PlaceOrderCommand, type PlacedOrder } from '../contracts/place-order.js';
import { Order } from '../domain/order.js';
import { ExternalNumberTaken } from '../domain/order.refusals.js';
import { OrderNumbers } from '../storage/order-numbers.js';
import { OrderPersonalData } from '../storage/order-personal-data.js';
import { OrderRepository } from '../storage/order.repository.js';
import { FirstOrderRegistration } from './first-order-registration.js';
import { assertKnownCustomer } from './known-customer.js';
import { placedOrder } from './placed-order.js';

/** Checkout. Two reads at most, side by side, then one commit: nothing else stands on the way of an order. */
@CommandHandler(PlaceOrderCommand)
export class PlaceOrderHandler implements ICommandHandler<PlaceOrderCommand> {
  constructor(
    private readonly orders: OrderRepository,
    private readonly numbers: OrderNumbers,
    private readonly personalData: OrderPersonalData,
    private readonly uniqueValues: UniqueValues,
    private readonly queries: QueryBus,
    private readonly registration: FirstOrderRegistration,
  ) {}

  async execute({ order: request }: PlaceOrderCommand): Promise<PlacedOrder> {
    const {
      orderId,
      customerId,
      shipTo,
      billTo,
      note,
      paymentMethodToken,
      shortagePolicy = 'reject',
      externalNumber,
      placedAt,
    } = request;
    const skus = [...new Set(request.lines.map(({ sku }) => sku))];
    const [products] = await Promise.all([
      this.queries.execute(new GetProductsForSaleQuery({ skus })),
      assertKnownCustomer(this.queries, request),
    ]);
    const order = new Order(orderId);
    const lines = request.lines.map((line) => ({ ...line, lineId: newId() }));
    const discounts = request.discount === undefined ? [] : [request.discount];
    const quote = order.quoteForCheckOut({ ...request, lines, discounts }, products);
    const number = await this.numbers.next();
    const placed = order.checkOut(customerId, quote, { number, shortagePolicy, placedAt, externalNumber });
    this.personalData.put(orderId, { shipTo, billTo, note, paymentMethodToken });
    if (externalNumber !== undefined) this.claim(externalNumber, orderId);
    await this.registration.ensureCustomer(request.by, customerId, shipTo.name);
    return placedOrder(orderId, await this.orders.save(order), placed);
  }

  private claim(externalNumber: string, orderId: string): void {
    this.uniqueValues.claim({
      scope: 'ordering.external-number',
      value: externalNumber,
      owner: orderId,
      refusal: () => new ExternalNumberTaken(externalNumber),
    });
  }
}
