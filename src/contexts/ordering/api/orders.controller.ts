import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Roles } from '#app';
import { Clock, newId, type Principal } from '#kernel';
import {
  Creates,
  CurrentPrincipal,
  LinkBase,
  ListQuery,
  MayRespondAsync,
  PathText,
  Versioned,
  isId,
  type Page,
} from '#platform/http';
import { NotFound } from '#kernel/domain';
import { isOrderNumber } from '#shared';
import { GetOrderSummaryQuery, type OrderReference } from '../contracts/get-order-summary.js';
import { PlaceOrderCommand } from '../contracts/place-order.js';
import { GetOrderEventsQuery, type OrderEvent } from '../queries/get-order-events.query.js';
import { FindOrdersQuery } from '../queries/find-orders.query.js';
import { GetOrderTimelineQuery } from '../queries/get-order-timeline.query.js';
import { onlyCustomerIdOf, ordererOf } from './actors.js';
import { FindOrdersParams } from './find-orders.dto.js';
import { OrderBody, OrderItemBody, PlacedOrderBody, TimelineStepBody } from './order-responses.dto.js';
import { orderBody } from './order-body.js';
import { PlaceOrderBody } from './order-input.dto.js';
import { toPlaceOrder } from './order-requests.js';

const ID_OR_NUMBER = /^[A-Za-z0-9-]{1,40}$/;

/** Orders: placing and reading. */
@Controller('v1/orders')
@Roles('customer', 'support', 'warehouse', 'finance', 'manager', 'service')
export class OrdersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  /** Checkout: makes an order and places it. */
  @Post()
  @Creates('/v1/orders/:id')
  @MayRespondAsync('order')
  @Roles('customer', 'support', 'service')
  async place(@Body() body: PlaceOrderBody, @CurrentPrincipal() principal: Principal): Promise<PlacedOrderBody> {
    const by = ordererOf(principal, body.customerId);
    const request = toPlaceOrder(body, by, { orderId: newId(), now: this.clock.now() });
    return this.commands.execute(new PlaceOrderCommand(request));
  }

  @Get()
  find(
    @Query() { limit, cursor, sort, count, ...filter }: FindOrdersParams,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<OrderItemBody>> {
    const onlyCustomerId = onlyCustomerIdOf(principal);
    return this.queries.execute(new FindOrdersQuery({ filter, sort, limit, cursor, count, onlyCustomerId }));
  }

  @Get(':idOrNumber')
  @Versioned()
  async one(
    @PathText('idOrNumber', ID_OR_NUMBER) idOrNumber: string,
    @CurrentPrincipal() principal: Principal,
    @LinkBase() linkBase: string,
  ): Promise<OrderBody> {
    const query = new GetOrderSummaryQuery({
      order: referenceTo(idOrNumber),
      onlyCustomerId: onlyCustomerIdOf(principal),
    });
    return orderBody(await this.queries.execute(query), principal, linkBase);
  }

  /** What became of the order, oldest step first. */
  @Get(':idOrNumber/timeline')
  async timeline(
    @PathText('idOrNumber', ID_OR_NUMBER) idOrNumber: string,
    @Query() { limit, cursor }: ListQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<TimelineStepBody>> {
    const onlyCustomerId = onlyCustomerIdOf(principal);
    const orderId = await this.#orderId(idOrNumber, onlyCustomerId);
    return this.queries.execute(new GetOrderTimelineQuery({ orderId, onlyCustomerId, limit, cursor }));
  }

  /** The raw stream, oldest event first. */
  @Get(':idOrNumber/events')
  @Roles('operator')
  async events(
    @PathText('idOrNumber', ID_OR_NUMBER) idOrNumber: string,
    @Query() { limit, cursor }: ListQuery,
  ): Promise<Page<OrderEvent>> {
    const orderId = await this.#orderId(idOrNumber, null);
    return this.queries.execute(new GetOrderEventsQuery({ orderId, limit, cursor }));
  }

  /** An id is taken as it is; who it belongs to is asked with the order's parts. */
  async #orderId(idOrNumber: string, onlyCustomerId: string | null): Promise<string> {
    const order = referenceTo(idOrNumber);
    if ('id' in order) return order.id;
    return (await this.queries.execute(new GetOrderSummaryQuery({ order, onlyCustomerId }))).id;
  }
}

/** @throws NotFound for text that no order could have. */
function referenceTo(idOrNumber: string): OrderReference {
  if (isId(idOrNumber)) return { id: idOrNumber.toLowerCase() };
  if (isOrderNumber(idOrNumber)) return { number: idOrNumber };
  throw new NotFound('Order not found.');
}
