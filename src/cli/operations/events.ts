import { InvalidArgumentError, type Command } from 'commander';
import { QueryBus } from '@nestjs/cqrs';
import { GetOrderSummaryQuery } from '#ordering/contracts';
import { isOrderNumber } from '#shared';
import { CausationTrees } from '../../platform/operations/reports/causation-trees.js';
import { EventFinder } from '../../platform/operations/reports/event-finder.js';
import { CliExit, EXIT } from '../cli.js';
import { moment, pairs } from '../layout.js';
import { drawTree } from './draw-tree.js';
import { withReadOnlyApp, show } from './read-only-app.js';
import { tail } from './tail-events.js';

/** `waybill events`: what the log holds. */
export function registerEvents(program: Command): void {
  const events = program.command('events').description('Events of the log.');
  events
    .command('tail', { isDefault: true })
    .description('Print the latest events, one per line; with --follow also new ones.')
    .option('-n, --number <n>', 'number of events', wholeNumber, 20)
    .option('-f, --follow', 'print new events until Ctrl-C')
    .option('--after <position>', 'all events after this position, instead of the latest', wholeNumber)
    .option('--name <event>', 'only events with this name')
    .option('--stream <stream>', 'only events of this stream')
    .option('--json', 'print each event as one line of JSON')
    .action(tail);
  events
    .command('show')
    .description('Show one event with its data and metadata.')
    .argument('<event>', 'position, event id, or stream@version')
    .option('--json', 'print JSON')
    .action(showOne);
  events
    .command('tree')
    .description('Show causes and effects: commands, their events, and the reactions to these.')
    .argument('<id>', 'a correlation id, an event id, a stream id, or the subject of a stream, such as an order')
    .option('--json', 'print JSON')
    .action(tree);
}

async function showOne(reference: string, { json }: { json?: boolean }): Promise<void> {
  const event = await withReadOnlyApp(({ app }) => app.get(EventFinder, { strict: false }).one(reference));
  if (event === undefined) throw new CliExit(EXIT.failed, `No event ${reference}.`);
  show(event, json, () => [
    ...pairs({
      Event: `${event.name} v${event.schemaVersion}`,
      Position: event.position ?? 'none yet',
      Stream: `${event.stream}@${event.version}`,
      Tenant: event.tenant,
      Recorded: moment(event.recordedAt),
      Actor: `${event.actor.type} ${event.actor.id}`,
      'Event id': event.eventId,
      'Command id': event.commandId,
      'Correlation id': event.correlationId,
      'Reaction to': event.causationId,
      Imported: event.imported ? 'yes: no outbound calls were made for it' : null,
    }),
    '',
    JSON.stringify(event.data, null, 2),
  ]);
}

async function tree(id: string, { json }: { json?: boolean }): Promise<void> {
  const grown = await withReadOnlyApp(async ({ app }) =>
    app.get(CausationTrees, { strict: false }).of(isOrderNumber(id) ? await orderId(app.get(QueryBus), id) : id),
  );
  if (grown === undefined) throw new CliExit(EXIT.failed, `No event in the log has the id ${id}.`);
  show(grown, json, () => drawTree(grown));
}

/** The id behind a number like SO-1001. */
async function orderId(queries: QueryBus, number: string): Promise<string> {
  try {
    return (await queries.execute(new GetOrderSummaryQuery({ order: { number }, onlyCustomerId: null }))).id;
  } catch (error) {
    if ((error as { code?: string }).code !== 'not-found') throw error;
    throw new CliExit(EXIT.failed, `There is no order ${number}.`);
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Invalid number. Use a whole number.');
  return Number(text);
}
