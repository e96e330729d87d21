import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import type { StoredData } from '../../kernel/domain/index.js';
import { counted } from '../../platform/operations/counted.js';
import { DeadLetters } from '../../kernel/subscriptions/dead-letters.js';
import type { DeadLetter, DeadLetterFilter } from '../../kernel/subscriptions/sql/dead-letters.js';
import { CliExit, EXIT, cli } from '../cli.js';
import { moment, pairs, table } from '../layout.js';
import { looking, operator, show } from './looking.js';

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

const STATES = ['blocked', 'queued', 'parked'] as const;

/** `waybill dead-letters`: events that could not take effect, and what to do with them. */
export function registerDeadLetters(program: Command): void {
  const letters = program.command('dead-letters').description('Events that could not take effect.');
  filtered(letters.command('list', { isDefault: true }))
    .description('Held events in the order of the log.')
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .option('--json', 'print them as JSON, with their data')
    .action(list);
  letters
    .command('show')
    .description('One held event, with its data and the whole error.')
    .argument('<id>', 'as listed', wholeNumber)
    .option('--json', 'print it as JSON')
    .action(showOne);
  filtered(letters.command('retry'))
    .description(
      'Try held events again now: some ids, all that match, or --all. What is queued behind follows in order.',
    )
    .argument('[ids...]', 'as listed')
    .option('--all', 'everything that is held')
    .option('--dry-run', 'only say what would be tried')
    .option('--reason <text>', 'why, for the audit')
    .option('--json', 'print the count as JSON')
    .action(retry);
  letters
    .command('discard')
    .description('Drop one event for its subscription. The log keeps it.')
    .argument('<id>', 'as listed', wholeNumber)
    .requiredOption('--reason <text>', 'why, for the audit')
    .option('--json', 'print the id as JSON')
    .action(discard);
  letters
    .command('edit')
    .description('Try one event with other data, for its subscription alone. The log stays as it is.')
    .argument('<id>', 'as listed', wholeNumber)
    .option('--data <json>', 'the corrected data')
    .option('--file <path>', 'a file with the corrected data')
    .option('--reason <text>', 'why, for the audit')
    .option('--json', 'print the id as JSON')
    .action(edit);
}

function filtered(command: Command): Command {
  return command
    .option('--subscription <name>', 'of one subscription')
    .option('--event <name>', 'events of one name')
    .option('--key <key>', 'of one key: a stream, or a row’s key')
    .option('--state <state>', STATES.join(', '), stateOf)
    .option('--error <text>', 'with this text in the error');
}

async function list({ limit, json, ...filter }: Listed): Promise<void> {
  const letters = await withLetters((all) => all.find(filter, limit + 1));
  const shown = letters.slice(0, limit);
  show(shown, json, () => (shown.length === 0 ? ['Nothing is held back.'] : lettersTable(shown)));
  if (letters.length > limit)
    cli.say(`There are more than ${limit}. See the rest by --limit, or fewer by --subscription.`);
}

async function showOne(id: number, { json }: { json?: boolean }): Promise<void> {
  const letter = await withLetters((all) => all.get(id));
  show(letter, json, () => [
    ...pairs({
      Id: String(letter.id),
      Subscription: letter.subscription,
      State: `${letter.state}, ${letter.attempts} tries`,
      'Next try': letter.nextTryAt && moment(letter.nextTryAt),
      'Held since': moment(letter.heldAt),
      Event: `${letter.event.name} v${letter.event.version}, position ${letter.position}`,
      'Event id': letter.event.eventId,
      Stream: letter.event.stream,
      Key: letter.key === letter.event.stream ? null : letter.key,
    }),
    '',
    letter.error ?? 'No error: it is queued behind another event of its key.',
    '',
    letter.isEdited ? 'Data, as an operator has corrected it:' : 'Data:',
    JSON.stringify(letter.data, null, 2),
  ]);
}

async function retry(ids: readonly string[], asked: Retried): Promise<void> {
  const { all, dryRun = false, reason, json, ...filter } = asked;
  const chosen = chosenBy(ids.map(wholeNumber), filter, all);
  const keys = await withLetters((letters) => letters.retry(chosen, { by: operator(), reason, dryRun }));
  const said = dryRun ? 'To be tried again' : 'Tried again';
  show({ keys, dryRun }, json, () => [`${said}: ${counted(keys, 'key')}, each from its first held event on.`]);
}

/** Everything is never meant by leaving something out. */
function chosenBy(ids: readonly number[], filter: Filter, all: boolean | undefined): DeadLetterFilter {
  const isFiltered = Object.keys(filter).length > 0;
  if (ids.length > 0 && (isFiltered || all)) throw new CliExit(EXIT.usage, 'Give ids, or a filter, not both.');
  if (ids.length > 0) return { ids };
  if (!isFiltered && !all) throw new CliExit(EXIT.usage, 'Give ids, a filter such as --subscription, or --all.');
  return filter;
}

async function discard(id: number, { reason, json }: { reason: string; json?: boolean }): Promise<void> {
  await withLetters((letters) => letters.discard(id, { by: operator(), reason }));
  show({ discarded: id }, json, () => [`${id} is discarded; the next event of its key goes on.`]);
}

async function edit(id: number, { data, file, reason, json }: Edited): Promise<void> {
  const corrected = await dataFrom(data, file);
  await withLetters((letters) => letters.editAndRetry(id, corrected, { by: operator(), reason }));
  show({ edited: id }, json, () => [`${id} is tried with the corrected data.`]);
}

async function dataFrom(data: string | undefined, file: string | undefined): Promise<StoredData> {
  if ((data === undefined) === (file === undefined)) throw new CliExit(EXIT.usage, 'Give --data or --file.');
  const text = data ?? (await readFile(file!, 'utf8'));
  try {
    const parsed = JSON.parse(text) as unknown;
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as StoredData;
  } catch {
    // Said below, like every other text that is no object.
  }
  throw new CliExit(EXIT.usage, 'The data must be a JSON object. Start from: dead-letters show <id> --json');
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
  return looking(async ({ app }) => {
    try {
      return await work(app.get(DeadLetters, { strict: false }));
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      throw code?.startsWith('dead-letter-') ? new CliExit(EXIT.failed, message) : error;
    }
  });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Give a number as listed.');
  return Number(text);
}

function stateOf(text: string): DeadLetter['state'] {
  const state = STATES.find((known) => known === text);
  if (state === undefined) throw new InvalidArgumentError(`Choose one of: ${STATES.join(', ')}.`);
  return state;
}
