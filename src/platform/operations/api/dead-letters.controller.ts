import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { UnitOfWorkRoute } from '../../../kernel/commands/unit-of-work-route.js';
import { CurrentPrincipal } from '../../http/auth/current-principal.decorator.js';
import { PathText } from '../../http/request/path-segments.js';
import { Cursors } from '../../http/lists/cursors.js';
import type { Page } from '../../http/lists/page.js';
import { invalidInput } from '../../http/problems/problem-error.js';
import { OperatorsOnly } from '../../http/routes/route.decorators.js';
import type { Principal } from '../../../kernel/messages/message-context.js';
import { DeadLetters } from '../../../kernel/subscriptions/dead-letters.js';
import type { DeadLetter, DeadLetterFilter, DeadLetterPlace } from '../../../kernel/subscriptions/sql/dead-letters.js';
import {
  DeadLetterBody,
  DeadLetterWithDataBody,
  EditBody,
  FindDeadLetters,
  RetriedBody,
  RetryBody,
} from './dead-letters.dto.js';
import { ReasonBody } from './reason.dto.js';

const ID = /^[1-9]\d{0,14}$/;

/** Events that could not take effect. What is done to them is in the audit, with the act, in one commit. */
@Controller('ops/v1/dead-letters')
@OperatorsOnly()
export class DeadLettersController {
  constructor(
    private readonly letters: DeadLetters,
    private readonly cursors: Cursors,
  ) {}

  /** Failed events in the order of the log. */
  @Get()
  async find(@Query() { limit, cursor, ...filter }: FindDeadLetters): Promise<Page<DeadLetterBody>> {
    const binding = { list: 'dead-letters', filter, sort: 'position' };
    const after = cursor === undefined ? undefined : placeOf(await this.cursors.open(cursor, binding));
    const rows = await this.letters.find(filter, limit + 1, after);
    return this.cursors.page(rows, { limit, binding, keysOf: ({ position, id }) => [position, id], item: withoutData });
  }

  @Get(':id')
  one(@PathText('id', ID) id: string): Promise<DeadLetterWithDataBody> {
    return this.letters.get(Number(id));
  }

  /** Tries failed events again now, all that match or those of some ids; the queue behind each follows in order. */
  @Post('retry')
  @HttpCode(200)
  @UnitOfWorkRoute()
  async retry(@Body() body: RetryBody, @CurrentPrincipal() by: Principal): Promise<RetriedBody> {
    const { reason, dryRun = false } = body;
    return { keys: await this.letters.retry(chosenBy(body), { by, reason, dryRun }), dryRun };
  }

  /** Drops an event for its subscription; the log keeps it. */
  @Post(':id/discard')
  @HttpCode(204)
  @UnitOfWorkRoute()
  async discard(
    @PathText('id', ID) id: string,
    @Body() { reason }: ReasonBody,
    @CurrentPrincipal() by: Principal,
  ): Promise<void> {
    await this.letters.discard(Number(id), { by, reason });
  }

  /** Tries an event with other data, for its subscription alone; the log stays as it is. */
  @Post(':id/edit-and-retry')
  @HttpCode(200)
  @UnitOfWorkRoute()
  async edit(
    @PathText('id', ID) id: string,
    @Body() { data, reason }: EditBody,
    @CurrentPrincipal() by: Principal,
  ): Promise<RetriedBody> {
    await this.letters.editAndRetry(Number(id), data, { by, reason });
    return { keys: 1, dryRun: false };
  }
}

function chosenBy({ filter, ids }: RetryBody): DeadLetterFilter {
  if (filter && ids) throw invalidInput('/ids', 'either-or', 'Send either filter or ids.');
  if (ids) return { ids };
  if (filter) return filter;
  throw invalidInput('', 'either-or', 'Send ids or filter. An empty filter matches all.');
}

function placeOf([position, id]: readonly unknown[]): DeadLetterPlace {
  return { position: Number(position), id: Number(id) };
}

function withoutData({ data: _data, ...letter }: DeadLetter): DeadLetterBody {
  return letter;
}
