import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  AggregateRoot,
  AsyncContext,
  CommandHandler,
  EventPublisher,
  EventsHandler,
  QueryHandler,
  type ICommandHandler,
  type IEventHandler,
  type IQueryHandler,
} from '@nestjs/cqrs';
import { DurableEvent, EventStream } from '#kernel/domain';
import { Chronicle } from './chronicle.js';
import { HERO_ID } from './heroes.models.js';

/** The same game, with an instance of every handler per message. */

@DurableEvent('heroes.dragon-slain-on-request', 1)
export class ScopedHeroKilledDragonEvent {
  constructor(
    readonly heroId: string,
    readonly dragonId: string,
  ) {}
}

export class ScopedKillDragonCommand {
  constructor(
    readonly heroId: string,
    readonly dragonId: string,
  ) {}
}

@EventStream('heroes.scoped-hero')
class ScopedHero extends AggregateRoot {
  constructor(readonly id: string) {
    super();
  }

  killEnemy(dragonId: string): void {
    this.apply(new ScopedHeroKilledDragonEvent(this.id, dragonId));
  }
}

/** How many instances of it there were: one per message. */
@Injectable({ scope: Scope.REQUEST })
class Squire {
  static count = 0;
  readonly number = (Squire.count += 1);
}

@CommandHandler(ScopedKillDragonCommand, { scope: Scope.REQUEST })
class ScopedKillDragonHandler implements ICommandHandler<ScopedKillDragonCommand> {
  constructor(
    private readonly publisher: EventPublisher,
    private readonly squire: Squire,
    @Inject(REQUEST) private readonly context: AsyncContext,
  ) {}

  execute({ heroId, dragonId }: ScopedKillDragonCommand): Promise<{ squire: number; request: string }> {
    const hero = this.publisher.mergeObjectContext(new ScopedHero(heroId), this.context);
    hero.killEnemy(dragonId);
    hero.commit();
    return Promise.resolve({ squire: this.squire.number, request: String(this.context.id.id) });
  }
}

export class ScopedGetHeroesQuery {}

@QueryHandler(ScopedGetHeroesQuery, { scope: Scope.REQUEST })
class ScopedGetHeroesHandler implements IQueryHandler<ScopedGetHeroesQuery> {
  constructor(@Inject(REQUEST) private readonly context: AsyncContext) {}

  execute(): Promise<{ heroes: string[]; request: string }> {
    return Promise.resolve({ heroes: [HERO_ID], request: String(this.context.id.id) });
  }
}

@EventsHandler(ScopedHeroKilledDragonEvent, { scope: Scope.REQUEST })
class ScopedHeroKilledDragonHandler implements IEventHandler<ScopedHeroKilledDragonEvent> {
  constructor(
    private readonly chronicle: Chronicle,
    private readonly squire: Squire,
  ) {}

  handle(event: ScopedHeroKilledDragonEvent): void {
    this.chronicle.write(ScopedHeroKilledDragonHandler, {
      heroId: event.heroId,
      dragonId: event.dragonId,
      squire: this.squire.number,
    });
  }
}

@Module({
  providers: [Chronicle, ScopedGetHeroesHandler, ScopedHeroKilledDragonHandler, ScopedKillDragonHandler, Squire],
})
export class ScopedHeroesModule {}
