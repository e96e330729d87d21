import { Injectable } from '@nestjs/common';
import type { OperatorAct } from '../audit/operator-act.js';
import { audit } from '../audit/sql/audit.js';
import { UnitOfWork } from '../commands/unit-of-work.js';
import { CommandPipeline } from '../commands/command-pipeline.js';
import { Pools } from '../database/pools.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import { endOfLog, type LogPlace } from './end-of-log.js';
import { lockSubscription } from './sql/lock-subscription.js';
import { eventAt, lastPlace } from './sql/log-events.js';
import { dropFailedAfter, moveCheckpoints } from './sql/restart.js';
import { SubscriptionUnknown } from './subscription-unknown.js';

/** Where to start: with the first event, with the one at a position, or with the next one that is committed. */
export type RestartFrom = 'beginning' | 'now' | number;

/** It can't start there: the text says why. */
export class RestartRefused extends Error {
  readonly code = 'restart-refused';
}

/** An event handler, and the last position that counts as handled. */
export interface Restarted {
  readonly name: string;
  readonly position: number;
}

/**
 * Starts an event handler anew at some place of the log: the way on after the database was restored, when only a person
 * can know what had taken effect. What lies between is handled again, or never: nothing else undoes or makes up for it.
 */
@Injectable()
export class SubscriptionRestart {
  constructor(
    private readonly pools: Pools,
    private readonly pipeline: CommandPipeline,
    private readonly notifier: LogNotifier,
  ) {}

  /**
   * A unit of work, so that a repeat under the caller's idempotency key is answered by what was done.
   * @returns the position behind which it goes on.
   * @throws SubscriptionUnknown; RestartRefused for a projection, which is rebuilt, and for a position not in the log.
   */
  async restart(name: string, from: RestartFrom, act: OperatorAct): Promise<Restarted> {
    await endOfLog(this.pools.worker);
    const restarted = await this.pipeline.run('SubscriptionRestart', async () => {
      const { position } = await this.#within({ name, from }, act);
      return { name, position };
    });
    await this.notifier.notifyLeasesChanged();
    return restarted;
  }

  async #within({ name, from }: { name: string; from: RestartFrom }, act: OperatorAct): Promise<LogPlace> {
    const tx = await UnitOfWork.required('Restarting a subscription').transaction.client();
    const subscription = await lockSubscription(tx, name);
    if (subscription === undefined) throw new SubscriptionUnknown(name);
    if (subscription.kind !== 'handler')
      throw new RestartRefused(
        `${name} is a projection: run npm run waybill -- rebuild ${name}, which empties its view.`,
      );
    const place = await placeBefore(tx, from);
    await moveCheckpoints(tx, { name, ...place });
    await dropFailedAfter(tx, name, place.position);
    await audit(tx, act, {
      action: 'subscriptions.restart',
      subject: name,
      detail: { from, position: place.position },
    });
    return place;
  }
}

/** What an operator has to run for a handler that stands still. */
export function restartAdvice(name: string): string {
  return `npm run waybill -- subscriptions restart ${name} --from <beginning|now|position> --reason <why>`;
}

/** The last place that counts as handled. The end is read under the locks: no worker has handled anything beyond it. */
async function placeBefore(tx: Queryable, from: RestartFrom): Promise<LogPlace> {
  const end = await lastPlace(tx);
  if (from === 'now') return end;
  const position = from === 'beginning' ? 0 : from - 1;
  if (position < 0 || position > end.position)
    throw new RestartRefused(`The log has positions 1 to ${end.position}; ${from} is none of them, nor the next one.`);
  return { position, eventId: await eventAt(tx, position) };
}
