import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Pools } from '../database/pools.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import type { OperatorAct } from './dead-letters.js';
import { endOfLog, type LogPlace } from './end-of-log.js';
import { audit } from './sql/audit.js';
import { eventAt, lastPlace } from './sql/log-events.js';
import { dropHeldAfter, lockSubscription, moveCheckpoints } from './sql/restart.js';

/** Where to start: with the first event, with the one at a position, or with the next one that is committed. */
export type RestartFrom = 'beginning' | 'now' | number;

/** No subscription has this name. */
export class SubscriptionUnknown extends Error {
  readonly code = 'subscription-unknown';

  constructor(name: string) {
    super(`There is no subscription ${name}. See: waybill subscriptions`);
  }
}

/** It can't start there: the text says why. */
export class RestartRefused extends Error {
  readonly code = 'restart-refused';
}

/**
 * Starts an event handler anew at some place of the log: the way on after the database was restored, when only a person
 * can tell what had taken effect. What lies between is handled again, or never: nothing else undoes or makes up for it.
 */
@Injectable()
export class SubscriptionRestart {
  constructor(
    private readonly pools: Pools,
    private readonly notifier: LogNotifier,
  ) {}

  /**
   * @returns the position behind which it goes on.
   * @throws SubscriptionUnknown; RestartRefused for a projection, which is rebuilt, and for a position not in the log.
   */
  async restart(name: string, from: RestartFrom, act: OperatorAct): Promise<number> {
    await endOfLog(this.pools.worker);
    const client = await this.pools.worker.connect();
    try {
      await client.query('BEGIN');
      const { position } = await this.#within(client, { name, from }, act);
      await client.query('COMMIT');
      client.release();
      await this.notifier.tellLeasesChanged();
      return position;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async #within(
    tx: PoolClient,
    { name, from }: { name: string; from: RestartFrom },
    act: OperatorAct,
  ): Promise<LogPlace> {
    const kind = await lockSubscription(tx, name);
    if (kind === undefined) throw new SubscriptionUnknown(name);
    if (kind !== 'handler')
      throw new RestartRefused(
        `${name} is a projection: run npm run waybill -- rebuild ${name}, which empties its view.`,
      );
    const place = await placeBefore(tx, from);
    await moveCheckpoints(tx, { name, ...place });
    await dropHeldAfter(tx, name, place.position);
    await audit(tx, {
      principal: act.by.id,
      action: 'subscriptions.restart',
      subject: name,
      reason: act.reason,
      detail: { from, position: place.position },
    });
    return place;
  }
}

/** What an operator has to run for a handler that stands still. */
export function restartAdvice(name: string): string {
  return `npm run waybill -- subscriptions restart ${name} --from <beginning|now|position> --reason <why>`;
}

/** The last place that counts as handled. The end is looked up under the locks: nobody has handled anything beyond it. */
async function placeBefore(tx: PoolClient, from: RestartFrom): Promise<LogPlace> {
  const end = await lastPlace(tx);
  if (from === 'now') return end;
  const position = from === 'beginning' ? 0 : from - 1;
  if (position < 0 || position > end.position)
    throw new RestartRefused(`The log has positions 1 to ${end.position}; ${from} is none of them, nor the next one.`);
  return { position, eventId: position === 0 ? 0 : ((await eventAt(tx, position)) ?? 0) };
}
