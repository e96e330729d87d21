import type { INestApplicationContext } from '@nestjs/common';
import type { ICommand } from '@nestjs/cqrs';
import { definitionOf } from '../domain/index.js';
import type { MessageContextFields } from '../messages/message-context.js';
import type { Ended, GivenStreams } from './execute-on.js';

/** The last step; each runs the command and must be awaited. */
interface CommandOutcome {
  /** The command committed exactly these events, on whatever streams. */
  thenEvents(...expected: readonly object[]): Promise<void>;
  thenAnswer(expected: unknown): Promise<void>;
  thenRefused(code: string, facts?: object): Promise<void>;
  /** The command succeeded and committed no event. */
  thenNothing(): Promise<void>;
}

interface GivenLog {
  when(command: ICommand, context?: MessageContextFields): CommandOutcome;
}

/**
 * What a command does to a log, through the real command bus and a real database, however its aggregate is loaded.
 * Commands must run one at a time.
 *
 * ```ts
 * await givenLog(app, { [`ordering.order:${orderId}`]: [started] })
 *   .when(new DiscardDraftCommand(orderId), { actor: ada })
 *   .thenEvents(new OrderDiscarded(orderId, noon));
 * ```
 */
export function givenLog(app: INestApplicationContext, streams: GivenStreams = {}): GivenLog {
  return {
    when: (command, context = {}) => {
      const run = async (): Promise<Ended> => {
        const { executeOn } = await import('./execute-on.js');
        return executeOn(app, streams, { command, context });
      };
      return {
        thenEvents: async (...expected) => expectEvents(await run(), expected),
        thenAnswer: async (expected) => {
          const { refusal, answer } = await run();
          expect({ refusal, answer }).toEqual({ refusal: undefined, answer: expected });
        },
        thenRefused: async (code, facts = {}) => {
          const { refusal, events } = await run();
          expect(refusal).toMatchObject({ code, ...facts });
          expect(events).toEqual([]);
        },
        thenNothing: async () => expectEvents(await run(), []),
      };
    },
  };
}

/** As the log holds them: by name, because events of two classes may have the same fields. */
function expectEvents({ refusal, events }: Ended, expected: readonly object[]): void {
  const named = expected.map((event) => ({ name: definitionOf(event)?.name, data: jsonOf(event) }));
  expect({ refusal, events }).toEqual({ refusal: undefined, events: named });
}

function jsonOf(event: object): unknown {
  return JSON.parse(JSON.stringify(event));
}
