import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import type { StoredData } from '../../kernel/domain/index.js';
import { counted } from '../../platform/operations/counted.js';
import { DeadLetters } from '../../kernel/subscriptions/dead-letters.js';
import type { DeadLetter, DeadLetterFilter } from '../../kernel/subscriptions/sql/dead-letters.js';
import { CliExit, EXIT, cli } from '../cli.js';
import { moment, pairs, table } from '../layout.js';
import { withReadOnlyApp, operator, show } from './read-only-app.js';

interface Filter {
  readonly subscription?: string;
  readonly event?: string;
  readonly key?: string;
  readonly state?: DeadLetter['state'];
  readonly error?: string;
}

interface Listed extends Filter {
  readonly limit: number;
  readonly json?: boolean;
}

interface Retried extends Filter {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly reason?: string;
  readonly json?: boolean;
}

interface Edited {
  readonly data?: string;
  readonly file?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

const STATES = ['retrying', 'waiting', 'dead-lettered'] as const;

/** `waybill dead-letters`: events that could not take effect, and what to do with them. */
export function registerDeadLetters(program: Command): void {
  const letters = program
    .command('dead-letters')
    .description('Dead letters: events that a subscription could not process.');
  filtered(letters.command('list', { isDefault: true }))
    .description('List dead letters in log order.')
    .option('--limit <n>', 'maximum number of rows', wholeNumber, 50)
    .option('--json', 'print JSON, with the data of the events')
    .action(list);
  letters
    .command('show')
    .description('Show one dead letter with its data and error.')
    .argument('<id>', 'id from the list', wholeNumber)
    .option('--json', 'print JSON')
    .action(showOne);
  filtered(letters.command('retry'))
    .description('Retry dead letters now: by id, by filter, or --all. Events waiting behind them follow in order.')
    .argument('[ids...]', 'id from the list')
    .option('--all', 'all dead letters')
    .option('--dry-run', 'only print what would be retried')
    .option('--reason <text>', 'the reason, stored in the audit log')
    .option('--json', 'print JSON')
    .action(retry);
  letters
    .command('discard')
    .description('Discard one dead letter for its subscription. The event stays in the log.')
    .argument('<id>', 'id from the list', wholeNumber)
    .requiredOption('--reason <text>', 'the reason, stored in the audit log')
    .option('--json', 'print JSON')
    .action(discard);
  letters
    .command('edit')
    .description('Retry one dead letter with corrected data, for its subscription only. The log is unchanged.')
    .argument('<id>', 'id from the list', wholeNumber)
    .option('--data <json>', 'corrected data')
    .option('--file <path>', 'file with the corrected data')
    .option('--reason <text>', 'the reason, stored in the audit log')
    .option('--json', 'print JSON')
    .action(edit);
}

function filtered(command: Command): Command {
  return command
    .option('--subscription <name>', 'only this subscription')
    .option('--event <name>', 'only events with this name')
    .option('--key <key>', 'only this key: a stream id, or the key of a row')
    .option('--state <state>', STATES.join(', '), stateOf)
    .option('--error <text>', 'only errors containing this text');
}

async function list({ limit, json, ...filter }: Listed): Promise<void> {
  const letters = await withLetters((all) => all.find(filter, limit + 1));
  const shown = letters.slice(0, limit);
  show(shown, json, () => (shown.length === 0 ? ['No dead letters.'] : lettersTable(shown)));
  if (letters.length > limit) cli.report(`There are more than ${limit}. Raise --limit, or filter with --subscription.`);
}

async function showOne(id: number, { json }: { json?: boolean }): Promise<void> {
  const letter = await withLetters((all) => all.get(id));
  show(letter, json, () => [
    ...pairs({
      Id: String(letter.id),
      Subscription: letter.subscription,
      State: `${letter.state}, ${letter.attempts} tries`,
      'Next attempt': letter.nextTryAt && moment(letter.nextTryAt),
      'Failing since': moment(letter.failedAt),
      Event: `${letter.event.name} v${letter.event.version}, position ${letter.position}`,
      'Event id': letter.event.eventId,
      Stream: letter.event.stream,
      Key: letter.key === letter.event.stream ? null : letter.key,
    }),
    '',
    letter.error ?? 'No error: the event waits behind an earlier event of its key.',
    '',
    letter.isEdited ? 'Data, corrected by an operator:' : 'Data:',
    JSON.stringify(letter.data, null, 2),
  ]);
}

async function retry(ids: readonly string[], asked: Retried): Promise<void> {
  const { all, dryRun = false, reason, json, ...filter } = asked;
  const chosen = chosenBy(ids.map(wholeNumber), filter, all);
  const keys = await withLetters((letters) => letters.retry(chosen, { by: operator(), reason, dryRun }));
  const text = dryRun ? 'Would be retried' : 'Retried';
  show({ keys, dryRun }, json, () => [`${text}: ${counted(keys, 'key')}, each from its first failed event.`]);
}

/** Everything is never meant by leaving something out. */
function chosenBy(ids: readonly number[], filter: Filter, all: boolean | undefined): DeadLetterFilter {
  const isFiltered = Object.keys(filter).length > 0;
  if (ids.length > 0 && (isFiltered || all)) throw new CliExit(EXIT.usage, 'Use either ids or a filter.');
  if (ids.length > 0) return { ids };
  if (!isFiltered && !all)
    throw new CliExit(EXIT.usage, 'Missing ids. Use ids, a filter such as --subscription, or --all.');
  return filter;
}

async function discard(id: number, { reason, json }: { reason: string; json?: boolean }): Promise<void> {
  await withLetters((letters) => letters.discard(id, { by: operator(), reason }));
  show({ discarded: id }, json, () => [`Discarded ${id}. The next event of its key is processed.`]);
}

async function edit(id: number, { data, file, reason, json }: Edited): Promise<void> {
  const corrected = await dataFrom(data, file);
  await withLetters((letters) => letters.editAndRetry(id, corrected, { by: operator(), reason }));
  show({ edited: id }, json, () => [`Retrying ${id} with the corrected data.`]);
}

async function dataFrom(data: string | undefined, file: string | undefined): Promise<StoredData> {
  if ((data === undefined) === (file === undefined))
    throw new CliExit(EXIT.usage, 'Missing data. Use --data or --file.');
  const text = data ?? (await readFile(file!, 'utf8'));
  try {
    const parsed = JSON.parse(text) as unknown;
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as StoredData;
  } catch {
    // Reported below, like every other text that is no object.
  }
  throw new CliExit(EXIT.usage, 'Invalid data. Use a JSON object; start from: dead-letters show <id> --json');
}

function lettersTable(letters: readonly DeadLetter[]): string[] {
  return table(letters, [
    { title: 'ID', of: ({ id }) => String(id), isNumber: true },
    { title: 'SUBSCRIPTION', of: ({ subscription }) => subscription },
    { title: 'STATE', of: ({ state }) => state },
    { title: 'TRIES', of: ({ attempts }) => attempts, isNumber: true },
    { title: 'EVENT', of: ({ event }) => event.name },
    { title: 'STREAM', of: ({ event }) => event.stream },
    { title: 'ERROR', of: ({ error }) => error ?? '–' },
  ]);
}

function withLetters<T>(work: (letters: DeadLetters) => Promise<T>): Promise<T> {
  return withReadOnlyApp(async ({ app }) => {
    try {
      return await work(app.get(DeadLetters, { strict: false }));
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      throw code?.startsWith('dead-letter-') ? new CliExit(EXIT.failed, message) : error;
    }
  });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Invalid id. Use a number from the list.');
  return Number(text);
}

function stateOf(text: string): DeadLetter['state'] {
  const state = STATES.find((known) => known === text);
  if (state === undefined) throw new InvalidArgumentError(`Use one of: ${STATES.join(', ')}.`);
  return state;
}
