import { InvalidArgumentError, type Command } from 'commander';
import { QueryBus } from '@nestjs/cqrs';
import { GetOrderSummaryQuery } from '#ordering/contracts';
import { isOrderNumber } from '#shared';
import { CausationTrees } from '../../platform/operations/reports/causation-trees.js';
import { EventFinder } from '../../platform/operations/reports/event-finder.js';
import { CliExit, EXIT } from '../cli.js';
import { moment, pairs } from '../layout.js';
import { drawTree } from './draw-tree.js';
import { looking, show } from './looking.js';
import { tail } from './tail-events.js';

/** `waybill events`: what the log holds. */
export function registerEvents(program: Command): void {
  const events = program.command('events').description('What the log holds.');
  events
    .command('tail', { isDefault: true })
    .description('The last events, one a line; with --follow also those to come.')
    .option('-n, --number <n>', 'how many of the last', wholeNumber, 20)
    .option('-f, --follow', 'go on as events come, until Ctrl-C')
    .option('--after <position>', 'all above this position, instead of the last', wholeNumber)
    .option('--name <event>', 'only events of this name')
    .option('--stream <stream>', 'only events of this stream')
    .option('--json', 'print each as one line of JSON')
    .action(tail);
  events
    .command('show')
    .description('One event, whole.')
    .argument('<event>', 'its position, its id, or stream@version')
    .option('--json', 'print it as JSON')
    .action(showOne);
  events
    .command('tree')
    .description('What has led to what: commands, their events, and the reactions to these.')
    .argument('<id>', 'of a request (correlation), an event, a stream, or what a stream is about, such as an order')
    .option('--json', 'print it as JSON')
    .action(tree);
}

async function showOne(reference: string, { json }: { json?: boolean }): Promise<void> {
  const event = await looking(({ app }) => app.get(EventFinder, { strict: false }).one(reference));
  if (event === undefined) throw new CliExit(EXIT.failed, `There is no event ${reference}.`);
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
      Imported: event.imported ? 'yes: reactions to the outside were left out' : null,
    }),
    '',
    JSON.stringify(event.data, null, 2),
  ]);
}

async function tree(id: string, { json }: { json?: boolean }): Promise<void> {
  const grown = await looking(async ({ app }) =>
    app.get(CausationTrees, { strict: false }).of(isOrderNumber(id) ? await orderId(app.get(QueryBus), id) : id),
  );
  if (grown === undefined) throw new CliExit(EXIT.failed, `Nothing in the log has the id ${id}.`);
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
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}
