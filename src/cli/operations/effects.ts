import { InvalidArgumentError, type Command } from 'commander';
import { StoredEffects } from '../../kernel/effects/stored-effects.js';
import type { EffectRecord } from '../../kernel/effects/sql/find-effects.js';
import { counted } from '../../platform/operations/counted.js';
import { CliExit, EXIT } from '../cli.js';
import { table } from '../layout.js';
import { withReadOnlyApp, operator, show } from './read-only-app.js';

interface Listed {
  readonly kind?: string;
  readonly key?: string;
  readonly state: EffectRecord['state'];
  readonly limit: number;
  readonly json?: boolean;
}

interface Retried {
  readonly kind?: string;
  readonly all?: boolean;
  readonly reason?: string;
  readonly json?: boolean;
}

const STATES = ['pending', 'running', 'done', 'dead-lettered'] as const;

/** `waybill effects`: calls to other systems, and what to do about those that were given up. */
export function registerEffects(program: Command): void {
  const effects = program.command('effects').description('Effects: calls to other systems.');
  effects
    .command('list', { isDefault: true })
    .description('List effects, newest first; without --state those that are dead-lettered.')
    .option('--kind <kind>', 'only this kind')
    .option('--key <key>', 'only this key')
    .option('--state <state>', STATES.join(', '), stateOf, 'dead-lettered')
    .option('--limit <n>', 'maximum number of rows', wholeNumber, 50)
    .option('--json', 'print JSON, with body and result')
    .action(list);
  effects
    .command('retry')
    .description('Retry dead-lettered effects with their keys: by id, by kind, or --all.')
    .argument('[ids...]', 'id from the list')
    .option('--kind <kind>', 'all of this kind')
    .option('--all', 'all dead-lettered effects')
    .option('--reason <text>', 'the reason, stored in the audit log')
    .option('--json', 'print JSON')
    .action(retry);
}

async function list({ limit, json, ...filter }: Listed): Promise<void> {
  const found = await withReadOnlyApp(({ app }) => app.get(StoredEffects, { strict: false }).find(filter, limit));
  show(found, json, () => (found.length === 0 ? [`No effects are ${filter.state}.`] : effectsTable(found)));
}

async function retry(ids: readonly string[], { kind, all, reason, json }: Retried): Promise<void> {
  const ways = [ids.length > 0, kind !== undefined, all === true].filter((isGiven) => isGiven).length;
  if (ways !== 1) throw new CliExit(EXIT.usage, 'Use either ids, --kind or --all.');
  const filter = { kind, ids: ids.length > 0 ? ids.map(wholeNumber) : undefined };
  const act = { by: operator(), reason };
  const count = await withReadOnlyApp(({ app }) => app.get(StoredEffects, { strict: false }).retry(filter, act));
  show({ retried: count }, json, () => [`Retrying ${counted(count, 'effect')}.`]);
}

function effectsTable(effects: readonly EffectRecord[]): string[] {
  return table(effects, [
    { title: 'ID', of: ({ id }) => String(id), isNumber: true },
    { title: 'KIND', of: ({ kind }) => kind },
    { title: 'KEY', of: ({ key }) => key },
    { title: 'STATE', of: ({ state }) => state },
    { title: 'TRIES', of: ({ attempts }) => attempts, isNumber: true },
    { title: 'ERROR', of: ({ error }) => error ?? '–' },
  ]);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Invalid id. Use a number from the list.');
  return Number(text);
}

function stateOf(text: string): EffectRecord['state'] {
  const state = STATES.find((known) => known === text);
  if (state === undefined) throw new InvalidArgumentError(`Use one of: ${STATES.join(', ')}.`);
  return state;
}
