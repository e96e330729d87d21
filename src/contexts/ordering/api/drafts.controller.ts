import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Roles } from '#app';
import { Clock, newId, type Principal } from '#kernel';
import { Changes, Creates, CurrentPrincipal, IfVersion, MayRespondAsync, PathId, actorOf } from '#platform/http';
import { AddLineCommand } from '../commands/add-line.command.js';
import { ChangeLineQuantityCommand } from '../commands/change-line-quantity.command.js';
import { DiscardDraftCommand } from '../commands/discard-draft.command.js';
import { GrantDiscountCommand } from '../commands/grant-discount.command.js';
import { PlaceDraftCommand } from '../commands/place-draft.command.js';
import { RemoveDiscountCommand } from '../commands/remove-discount.command.js';
import { RemoveLineCommand } from '../commands/remove-line.command.js';
import { SetDeliveryCommand } from '../commands/set-delivery.command.js';
import { StartDraftCommand } from '../commands/start-draft.command.js';
import { GetOrderQuoteQuery } from '../contracts/get-order-quote.js';
import { customerIdFor, ordererOf } from './actors.js';
import {
  ChangedOrderBody,
  DiscountGrantedBody,
  LineAddedBody,
  PlacedOrderBody,
  QuoteBody,
} from './order-responses.dto.js';
import {
  ChangeLineBody,
  GrantDiscountBody,
  LineBody,
  PlaceDraftBody,
  SetDeliveryBody,
  StartDraftBody,
} from './order-input.dto.js';
import { completeDeliveryAddress } from '#shared';
import { draftLine, toShippingFee } from './order-requests.js';

/** Drafts: put together line by line, then placed or given up. Edits name the version they edit. */
@Controller('v1/orders')
@Roles('customer', 'support', 'service')
export class DraftsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  @Post('drafts')
  @Creates('/v1/orders/:id')
  start(@Body() body: StartDraftBody, @CurrentPrincipal() principal: Principal): Promise<ChangedOrderBody> {
    const by = ordererOf(principal, body.customerId);
    const customerId = customerIdFor(by, body.customerId);
    return this.commands.execute(new StartDraftCommand({ orderId: newId(), by, customerId, startedAt: this.#now() }));
  }

  @Post(':id/lines')
  @Changes()
  addLine(
    @PathId('id') orderId: string,
    @IfVersion({ required: true }) ifVersion: number,
    @Body() body: LineBody,
    @CurrentPrincipal() principal: Principal,
  ): Promise<LineAddedBody> {
    const by = actorOf(principal);
    const line = { ...draftLine(body, by), lineId: newId() };
    return this.commands.execute(new AddLineCommand({ orderId, by, ifVersion }, line));
  }

  @Patch(':id/lines/:lineId')
  @Changes()
  changeLine(
    @PathId('id') orderId: string,
    @PathId('lineId') lineId: string,
    @IfVersion({ required: true }) ifVersion: number,
    @Body() { quantity }: ChangeLineBody,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ChangedOrderBody> {
    const address = { orderId, by: actorOf(principal), ifVersion };
    return this.commands.execute(new ChangeLineQuantityCommand(address, { lineId, quantity }));
  }

  @Delete(':id/lines/:lineId')
  @Changes()
  removeLine(
    @PathId('id') orderId: string,
    @PathId('lineId') lineId: string,
    @IfVersion({ required: true }) ifVersion: number,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ChangedOrderBody> {
    return this.commands.execute(new RemoveLineCommand({ orderId, by: actorOf(principal), ifVersion }, lineId));
  }

  /** A customer who orders for the first time is known by the name on the parcel from here on. */
  @Put(':id/delivery')
  @Changes()
  async setDelivery(
    @PathId('id') orderId: string,
    @IfVersion({ required: true }) ifVersion: number,
    @Body() body: SetDeliveryBody,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ChangedOrderBody> {
    const by = actorOf(principal);
    const delivery = {
      shipTo: completeDeliveryAddress(body.shipTo),
      billTo: body.billTo ? completeDeliveryAddress(body.billTo) : undefined,
      shippingFee: toShippingFee(body.shippingFee, by, this.#now()),
    };
    return this.commands.execute(new SetDeliveryCommand({ orderId, by, ifVersion }, delivery));
  }

  @Post(':id/discounts')
  @Changes()
  @Roles('support')
  grantDiscount(
    @PathId('id') orderId: string,
    @IfVersion({ required: true }) ifVersion: number,
    @Body() { amount: { amount, currency }, reason }: GrantDiscountBody,
    @CurrentPrincipal() principal: Principal,
  ): Promise<DiscountGrantedBody> {
    const discount = { discountId: newId(), amount: { amount, currency }, reason };
    return this.commands.execute(new GrantDiscountCommand({ orderId, by: actorOf(principal), ifVersion }, discount));
  }

  /** Takes a discount back. */
  @Delete(':id/discounts/:discountId')
  @Changes()
  @Roles('support')
  removeDiscount(
    @PathId('id') orderId: string,
    @PathId('discountId') discountId: string,
    @IfVersion({ required: true }) ifVersion: number,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ChangedOrderBody> {
    const address = { orderId, by: actorOf(principal), ifVersion };
    return this.commands.execute(new RemoveDiscountCommand(address, discountId));
  }

  @Get(':id/quote')
  quote(@PathId('id') orderId: string, @CurrentPrincipal() principal: Principal): Promise<QuoteBody> {
    return this.queries.execute(new GetOrderQuoteQuery({ orderId, by: actorOf(principal) }));
  }

  @Post(':id/place')
  @Creates('/v1/orders/:id')
  @MayRespondAsync('order')
  place(
    @PathId('id') orderId: string,
    @IfVersion() ifVersion: number | undefined,
    @Body() body: PlaceDraftBody,
    @CurrentPrincipal() principal: Principal,
  ): Promise<PlacedOrderBody> {
    const by = actorOf(principal);
    const placement = {
      expectedTotal: body.expectedTotal ?? undefined,
      paymentMethodToken: body.paymentMethodToken ?? undefined,
      note: body.note ?? undefined,
      shortagePolicy: body.shortagePolicy ?? ('reject' as const),
      placedAt: this.#now(),
    };
    return this.commands.execute(new PlaceDraftCommand({ orderId, by, ifVersion }, placement));
  }

  @Delete(':id')
  @HttpCode(204)
  async discard(
    @PathId('id') orderId: string,
    @IfVersion() ifVersion: number | undefined,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    await this.commands.execute(new DiscardDraftCommand({ orderId, by: actorOf(principal), ifVersion }, this.#now()));
  }

  #now(): string {
    return this.clock.now().toISOString();
  }
}
