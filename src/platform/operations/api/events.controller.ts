import { Controller, Get, Query } from '@nestjs/common';
import { NotFound } from '../../../kernel/domain/index.js';
import { PathText } from '../../http/request/path-segments.js';
import { Cursors } from '../../http/lists/cursors.js';
import { Page } from '../../http/lists/page.js';
import { OperatorsOnly } from '../../http/routes/route.decorators.js';
import { messageContext } from '../../../kernel/messages/message-context.js';
import { CausationTree } from '../reports/causation.dto.js';
import { CausationTrees } from '../reports/causation-trees.js';
import { EventFinder } from '../reports/event-finder.js';
import { LoggedEvent } from '../reports/logged-event.dto.js';
import { FindEvents } from './events.dto.js';

/** Ids of all kinds, streams included. */
const REFERENCE = /^[A-Za-z0-9._~@:|-]{1,300}$/;

/** What the log holds. */
@Controller('ops/v1')
@OperatorsOnly()
export class EventsController {
  constructor(
    private readonly events: EventFinder,
    private readonly trees: CausationTrees,
    private readonly cursors: Cursors,
  ) {}

  /** Events by position. With a name, a page may have few and still name a next one: the log is searched in stretches. */
  @Get('events')
  async find(@Query() { limit, cursor, after, stream, name }: FindEvents): Promise<Page<LoggedEvent>> {
    const filter = { stream, name, tenant: messageContext.current().tenant };
    const binding = { list: 'events', filter: { ...filter, after }, sort: 'position' };
    const [from = after] = cursor === undefined ? [] : await this.cursors.open(cursor, binding);
    const { events, next } = await this.events.find(filter, { after: Number(from), limit });
    return new Page(events, limit, next === null ? null : await this.cursors.seal([next], binding));
  }

  /** One event, by its position, its id, or `stream@version`. */
  @Get('events/:reference')
  async one(@PathText('reference', REFERENCE) reference: string): Promise<LoggedEvent> {
    const event = await this.events.one(reference);
    if (event === undefined) throw new NotFound('Event not found.');
    return event;
  }

  /** What a request has caused. Takes a correlation id, or the id of an event, a stream or an aggregate. */
  @Get('correlations/:id')
  async tree(@PathText('id', REFERENCE) id: string): Promise<CausationTree> {
    const tree = await this.trees.of(id, messageContext.current().tenant);
    if (tree === undefined) throw new NotFound('The log has no event, request, stream or subject with this id.');
    return tree;
  }
}
