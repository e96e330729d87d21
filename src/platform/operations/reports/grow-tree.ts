import type { EventRow } from '../../../kernel/event-log/stored-event.js';
import { operationLabel } from '../operation-label.js';
import type { CausationCommand, CausationEvent, FailedIn } from './causation.dto.js';
import type { CommandRow, FailedRow } from './sql/causation.js';

interface Known {
  readonly commands: readonly CommandRow[];
  readonly failed: readonly FailedRow[];
}

/**
 * Puts events under their commands, and commands under the events that they reacted to. Events come in the order of the
 * log, and so do the branches. A reaction to an event that isn't among them is a root.
 */
export function growTree(events: readonly EventRow[], known: Known): CausationCommand[] {
  const names = new Map(known.commands.map(({ commandId, operation }) => [commandId, operationLabel(operation)]));
  const commands = new Map<string, CausationCommand>();
  const grown = new Map<string, CausationEvent>();
  const roots: CausationCommand[] = [];
  for (const row of events) {
    const { commandId, causationId } = row.meta;
    let command = commands.get(commandId);
    if (command === undefined) {
      command = commandOf(row, names.get(commandId) ?? null);
      commands.set(commandId, command);
      const cause = causationId === null ? undefined : grown.get(causationId);
      (cause?.reactions ?? roots).push(command);
    }
    const event = eventOf(row, known.failed);
    grown.set(row.event_id, event);
    command.events.push(event);
  }
  return roots;
}

function commandOf({ meta, recorded_at: at }: EventRow, name: string | null): CausationCommand {
  const { commandId, correlationId, actor } = meta;
  return { commandId, name, correlationId, at, actor, events: [] };
}

function eventOf(row: EventRow, failed: readonly FailedRow[]): CausationEvent {
  return {
    eventId: row.event_id,
    position: row.position ?? null,
    stream: row.stream_id,
    version: row.version,
    name: row.name,
    at: row.recorded_at,
    failedIn: failed.filter(({ eventId }) => eventId === row.id).map(failedIn),
    reactions: [],
  };
}

function failedIn({ subscription, state, attempts, error }: FailedRow): FailedIn {
  return { subscription, state, attempts, error };
}
