import { Injectable } from '@nestjs/common';
import { isRefusal } from '../domain/index.js';
import { messageContext } from '../messages/message-context.js';
import { ConcurrencyConflict, isAccepted, OutcomeUnknown } from './pipeline-errors.js';

/** `replayed`: answered from the stored result of an earlier call. `accepted`: stored, to be executed later. `refused`: the
 *  command ended with a refusal. */
export type CommandOutcome = 'done' | 'accepted' | 'replayed' | 'refused' | 'conflict' | 'unknown' | 'failed';

/** How one outermost command ended, its retries included. */
export interface CommandRun {
  readonly name: string;
  readonly outcome: CommandOutcome;
  readonly seconds: number;
  /** 1, and one more for every conflict that it was run again for. */
  readonly tries: number;
}

/** A command under way. */
export interface ObservedCommand {
  tries: number;
}

type Listener = (run: CommandRun) => void;

const MS_PER_SECOND = 1_000;

/** Reports to its listeners how commands end. Listeners must be quick and must not throw: commands wait for them. */
@Injectable()
export class CommandObserver {
  readonly #listeners = new Set<Listener>();

  /** @returns the function that stops listening. */
  onEnd(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs a command, which counts its tries, and reports how it ended. */
  async observe<T>(name: string, run: (watched: ObservedCommand) => Promise<T>): Promise<T> {
    const watched = { tries: 0 };
    if (this.#listeners.size === 0) return run(watched);
    const startedAt = performance.now();
    const end = (outcome: CommandOutcome): void => {
      const seconds = (performance.now() - startedAt) / MS_PER_SECOND;
      for (const listener of this.#listeners) listener({ name, outcome, seconds, tries: watched.tries });
    };
    try {
      const result = await run(watched);
      end(messageContext.current().outcome.replayed ? 'replayed' : 'done');
      return result;
    } catch (error) {
      end(outcomeOf(error));
      throw error;
    }
  }
}

function outcomeOf(error: unknown): CommandOutcome {
  if (isRefusal(error)) return messageContext.current().outcome.replayed ? 'replayed' : 'refused';
  if (isAccepted(error)) return messageContext.current().outcome.replayed ? 'replayed' : 'accepted';
  if (error instanceof ConcurrencyConflict) return 'conflict';
  return error instanceof OutcomeUnknown ? 'unknown' : 'failed';
}
