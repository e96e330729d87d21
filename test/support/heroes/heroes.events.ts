import { DurableEvent } from '#kernel/domain';

/** The one thing that durable events need and native ones don't: a name for ever. */

@DurableEvent('heroes.dragon-slain', 1)
export class HeroKilledDragonEvent {
  constructor(
    readonly heroId: string,
    readonly dragonId: string,
  ) {}
}

@DurableEvent('heroes.dragon-died', 1)
export class DragonDiedEvent {
  constructor(readonly dragonId: string) {}
}

@DurableEvent('heroes.item-found', 1)
export class HeroFoundItemEvent {
  constructor(
    readonly heroId: string,
    readonly itemId: string,
  ) {}
}

/** Nobody makes it. */
@DurableEvent('heroes.nothing-happened', 1)
export class NothingHappenedEvent {}
