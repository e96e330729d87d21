import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DraftsController } from './api/drafts.controller.js';
import './api/ordering.problems.js';
import { OrdersController } from './api/orders.controller.js';
import { AddLineHandler } from './commands/add-line.command.js';
import { ChangeLineQuantityHandler } from './commands/change-line-quantity.command.js';
import { DiscardDraftHandler } from './commands/discard-draft.command.js';
import { FirstOrderRegistration } from './commands/first-order-registration.js';
import { GrantDiscountHandler } from './commands/grant-discount.command.js';
import { PlaceDraftHandler } from './commands/place-draft.command.js';
import { PlaceOrderHandler } from './commands/place-order.command.js';
import { RemoveDiscountHandler } from './commands/remove-discount.command.js';
import { RemoveLineHandler } from './commands/remove-line.command.js';
import { SetDeliveryHandler } from './commands/set-delivery.command.js';
import { StartDraftHandler } from './commands/start-draft.command.js';
import { GetOrderQuoteHandler } from './queries/get-order-quote.query.js';
import { OrderAccess } from './storage/order-access.js';
import { OrderNumbers } from './storage/order-numbers.js';
import { OrderPersonalData } from './storage/order-personal-data.js';
import { OrderRepository } from './storage/order.repository.js';
import { GetOrderEventsHandler } from './queries/get-order-events.query.js';
import { FindOrdersHandler } from './queries/find-orders.query.js';
import { OrderSearchProjection } from './views/order-search/order-search.projection.js';
import { OrderSearchView } from './views/order-search/order-search.view.js';
import { GetOrderSummaryHandler } from './queries/get-order-summary.query.js';
import { OrderSummaryProjection } from './views/order-summary/order-summary.projection.js';
import { OrderSummaryView } from './views/order-summary/order-summary.view.js';
import { GetOrderTimelineHandler } from './queries/get-order-timeline.query.js';
import { VisibleOrders } from './queries/visible-orders.js';
import { OrderTimelineProjection } from './views/order-timeline/order-timeline.projection.js';
import { OrderTimelineView } from './views/order-timeline/order-timeline.view.js';

/** Every table this context reads or keeps. */
export const ORDERING_ENTITIES = [OrderSearchView, OrderSummaryView, OrderTimelineView];

@Module({
  imports: [TypeOrmModule.forFeature(ORDERING_ENTITIES)],
  controllers: [OrdersController, DraftsController],
  providers: [
    AddLineHandler,
    ChangeLineQuantityHandler,
    DiscardDraftHandler,
    FindOrdersHandler,
    FirstOrderRegistration,
    GetOrderEventsHandler,
    GetOrderQuoteHandler,
    GetOrderSummaryHandler,
    GetOrderTimelineHandler,
    GrantDiscountHandler,
    OrderAccess,
    OrderNumbers,
    OrderPersonalData,
    OrderRepository,
    OrderSearchProjection,
    OrderSummaryProjection,
    OrderTimelineProjection,
    PlaceDraftHandler,
    PlaceOrderHandler,
    RemoveDiscountHandler,
    RemoveLineHandler,
    SetDeliveryHandler,
    StartDraftHandler,
    VisibleOrders,
  ],
})
export class OrderingModule {}
