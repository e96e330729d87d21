import { setTimeout as pause } from 'node:timers/promises';
import { EventFinder, type EventFilter } from '../../platform/operations/reports/event-finder.js';
import type { LoggedEvent } from '../../platform/operations/reports/logged-event.dto.js';
import { cli } from '../cli.js';
import { moment } from '../layout.js';
import { withReadOnlyApp } from './read-only-app.js';

export interface Tailed extends EventFilter {
  /** How many of the last ones. */
  readonly number: number;
  /** All above this position, instead. */
  readonly after?: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

const READ_EVERY_MS = 300;
const PAGE = 200;
const POSITION_WIDTH = 7;

/** Prints events, one a line, and with `follow` goes on until interrupted. */
export async function tail({ number, after, follow, json, ...filter }: Tailed): Promise<void> {
  await withReadOnlyApp(async ({ app }, interrupted) => {
    const finder = app.get(EventFinder, { strict: false });
    const from = after ?? (await startOf(finder, filter, number));
    const reached = await printAfter(finder, filter, { after: from, json });
    if (follow) await printUntil(interrupted, finder, filter, { after: reached, json });
  });
}

/** The position before the last ones that match. */
async function startOf(finder: EventFinder, filter: EventFilter, number: number): Promise<number> {
  const isFiltered = filter.name !== undefined || filter.stream !== undefined;
  if (!isFiltered) return ((await finder.last(number)).events[0]?.position ?? 1) - 1;
  let last: number[] = [];
  for await (const events of pages(finder, filter, 0))
    last = [...last, ...events.map(({ position }) => position!)].slice(-number);
  return (last[0] ?? 1) - 1;
}

async function* pages(finder: EventFinder, filter: EventFilter, from: number): AsyncGenerator<readonly LoggedEvent[]> {
  for (let after: number | null = from; after !== null;) {
    const { events, next } = await finder.find(filter, { after, limit: PAGE });
    yield events;
    after = next;
  }
}

type From = { readonly after: number; readonly json: boolean | undefined };

async function printAfter(finder: EventFinder, filter: EventFilter, { after, json }: From): Promise<number> {
  let reached = after;
  for await (const events of pages(finder, filter, after)) {
    for (const event of events) cli.print(json ? JSON.stringify(event) : lineOf(event));
    reached = events.at(-1)?.position ?? reached;
  }
  return reached;
}

async function printUntil(
  interrupted: AbortSignal,
  finder: EventFinder,
  filter: EventFilter,
  { after, json }: From,
): Promise<void> {
  let reached = after;
  while (!interrupted.aborted) {
    await pause(READ_EVERY_MS, undefined, { signal: interrupted }).catch(() => undefined);
    reached = await printAfter(finder, filter, { after: reached, json });
  }
}

function lineOf({ position, recordedAt, name, stream, version, actor }: LoggedEvent): string {
  const place = String(position).padStart(POSITION_WIDTH);
  return `${place}  ${moment(recordedAt)}  ${name}  ${stream}@${version}  ${actor.type} ${actor.id}`;
}
