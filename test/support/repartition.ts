import type { Actor } from '#kernel/domain';
import { Repartition } from '../../src/kernel/subscriptions/repartition.js';
import { SubscriptionPause } from '../../src/kernel/subscriptions/subscription-pause.js';
import type { ToyApp } from './toy-app.js';

/** Changes the partitions as an operator does: pauses, moves, resumes. */
export async function repartition(
  toy: Pick<ToyApp, 'get'>,
  { name, partitions, by = { id: 'ada' } }: { name: string; partitions: number; by?: Pick<Actor, 'id'> },
): Promise<void> {
  const act = { by, reason: 'other partitions' };
  await toy.get(SubscriptionPause).pause(name, act);
  await toy.get(Repartition).to(name, partitions, act);
  await toy.get(SubscriptionPause).resume(name, act);
}
