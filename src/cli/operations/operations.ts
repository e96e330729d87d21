import { InvalidArgumentError, type Command } from 'commander';
import { Operations, hasEnded, type Operation } from '../../kernel/outgoing/operations.js';
import { CliExit, EXIT } from '../cli.js';
import { moment, pairs, table } from '../layout.js';
import { withReadOnlyApp, operator, show } from './read-only-app.js';

interface Listed {
  readonly limit: number;
  readonly json?: boolean;
}

interface Act {
  readonly reason?: string;
  readonly json?: boolean;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `waybill operations`: commands that clients had executed later, and what to do about those that can't be. */
export function registerOperations(program: Command): void {
  const operations = program
    .command('operations')
    .description('Operations: commands that clients requested with Prefer: respond-async.');
  operations
    .command('list', { isDefault: true })
    .description('List operations that have not ended, oldest first.')
    .option('--limit <n>', 'maximum number of rows', wholeNumber, 50)
    .option('--json', 'print JSON')
    .action(list);
  operations
    .command('show')
    .description('Show one operation with its last error, without its content.')
    .argument('<id>', 'id from the response to the client', uuid)
    .option('--json', 'print JSON')
    .action(showOne);
  operations
    .command('retry')
    .description('Retry a dead-lettered operation now.')
    .argument('<id>', 'id from the list', uuid)
    .option('--reason <text>', 'the reason, stored in the audit log')
    .option('--json', 'print JSON')
    .action(retry);
  operations
    .command('cancel')
    .description('Cancel a queued or dead-lettered operation and erase its content.')
    .argument('<id>', 'id from the list', uuid)
    .requiredOption('--reason <text>', 'the reason, stored in the audit log')
    .option('--json', 'print JSON')
    .action(cancel);
}

async function list({ limit, json }: Listed): Promise<void> {
  const open = await withOperations((operations) => operations.open(limit));
  show(open.map(shown), json, () => (open.length === 0 ? ['No open operations.'] : operationsTable(open)));
}

async function showOne(id: string, { json }: { json?: boolean }): Promise<void> {
  const operation = await withOperations((operations) => operations.find(id));
  if (operation === undefined)
    throw new CliExit(EXIT.failed, `No operation ${id}. It never existed, or was deleted after its retention.`);
  const { resource, refusal, fault } = operation;
  show(shown(operation), json, () =>
    pairs({
      Id: operation.id,
      Type: operation.type,
      Status: statusOf(operation),
      'Started by': `${operation.principal}, tenant ${operation.tenant}`,
      Created: moment(operation.createdAt),
      Updated: moment(operation.updatedAt),
      Finished: operation.finishedAt && moment(operation.finishedAt),
      'Failed attempts': operation.attempts,
      Made: resource && resource.href,
      Refused: refusal && `${refusal.code}: ${refusal.message}`,
      'Last error': refusal === null ? fault : null,
    }),
  );
}

async function retry(id: string, { reason, json }: Act): Promise<void> {
  const isDue = await withOperations((operations) => operations.retry(id, { by: operator(), reason }));
  if (!isDue) throw new CliExit(EXIT.failed, `${id} is not dead-lettered. See: waybill operations show ${id}`);
  show({ retried: id }, json, () => [`Retrying ${id}.`]);
}

async function cancel(id: string, { reason, json }: Act): Promise<void> {
  const isDone = await withOperations((operations) => operations.cancel(id, { by: operator(), reason }));
  if (!isDone) {
    throw new CliExit(EXIT.failed, `${id} has ended or is running. See: waybill operations show ${id}`);
  }
  show({ cancelled: id }, json, () => [`Cancelled ${id}.`]);
}

function operationsTable(operations: readonly Operation[]): string[] {
  return table(operations, [
    { title: 'ID', of: ({ id }) => id },
    { title: 'TYPE', of: ({ type }) => type },
    { title: 'STATUS', of: statusOf },
    { title: 'CREATED (UTC)', of: ({ createdAt }) => moment(createdAt) },
    { title: 'TRIES', of: ({ attempts }) => attempts, isNumber: true },
    { title: 'ERROR', of: ({ fault }) => fault ?? '–' },
  ]);
}

function statusOf(operation: Operation): string {
  return hasEnded(operation) ? operation.status : `${operation.status}, ${operation.step}`;
}

/** A refusal is an error, of which JSON would show nothing that was meant. */
function shown({ refusal, lastEvent: _lastEvent, ...operation }: Operation): object {
  const { code, message } = refusal ?? {};
  return { ...operation, refusal: refusal === null ? null : { code, message, facts: refusal.facts() } };
}

function withOperations<T>(work: (operations: Operations) => Promise<T>): Promise<T> {
  return withReadOnlyApp(({ app }) => work(app.get(Operations, { strict: false })));
}

function uuid(text: string): string {
  if (!UUID.test(text)) throw new InvalidArgumentError('Invalid id. Use an id from the list.');
  return text.toLowerCase();
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Invalid number. Use a whole number.');
  return Number(text);
}
