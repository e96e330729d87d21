import { Module } from '@nestjs/common';
import {
  CommandHandler,
  EventPublisher,
  EventsHandler,
  QueryHandler,
  type ICommandHandler,
  type IEventHandler,
  type IQueryHandler,
} from '@nestjs/cqrs';
import { Chronicle } from './chronicle.js';
import { DragonDiedEvent, HeroFoundItemEvent, HeroKilledDragonEvent, NothingHappenedEvent } from './heroes.events.js';
import { HeroRepository, MonsterRepository, type Hero } from './heroes.models.js';

/**
 * The game of heroes and dragons that @nestjs/cqrs tries itself on, in words of our own: nothing in this file knows
 * whether it is durable.
 */

export class KillDragonCommand {
  constructor(
    readonly heroId: string,
    readonly dragonId: string,
  ) {}
}

@CommandHandler(KillDragonCommand)
class KillDragonHandler implements ICommandHandler<KillDragonCommand> {
  constructor(
    private readonly heroes: HeroRepository,
    private readonly publisher: EventPublisher,
  ) {}

  async execute({ heroId, dragonId }: KillDragonCommand): Promise<{ heroId: string; dragonId: string }> {
    const hero = this.publisher.mergeObjectContext(await this.heroes.findOneById(heroId));
    hero.killEnemy(dragonId);
    hero.commit();
    if (dragonId === 'immortal') throw new Error('The dragon lives.');
    return { heroId, dragonId };
  }
}

export class DropAncientItemCommand {
  constructor(
    readonly heroId: string,
    readonly itemId: string,
  ) {}
}

@CommandHandler(DropAncientItemCommand)
class DropAncientItemHandler implements ICommandHandler<DropAncientItemCommand> {
  constructor(
    private readonly heroes: HeroRepository,
    private readonly publisher: EventPublisher,
  ) {}

  async execute({ heroId, itemId }: DropAncientItemCommand): Promise<void> {
    const hero = this.publisher.mergeObjectContext(await this.heroes.findOneById(heroId));
    hero.addItem(itemId);
    hero.commit();
  }
}

export class GetHeroesQuery {}

@QueryHandler(GetHeroesQuery)
class GetHeroesHandler implements IQueryHandler<GetHeroesQuery> {
  constructor(private readonly heroes: HeroRepository) {}

  execute(): Promise<Hero[]> {
    return this.heroes.findAll();
  }
}

export class GetHeroQuery {
  constructor(readonly id: string) {}
}

@QueryHandler(GetHeroQuery)
class GetHeroHandler implements IQueryHandler<GetHeroQuery> {
  constructor(private readonly heroes: HeroRepository) {}

  execute({ id }: GetHeroQuery): Promise<Hero> {
    return this.heroes.findOneById(id);
  }
}

/** Makes an event itself, from within the handling of another. */
@EventsHandler(HeroKilledDragonEvent)
class HeroKilledDragonHandler implements IEventHandler<HeroKilledDragonEvent> {
  constructor(
    private readonly monsters: MonsterRepository,
    private readonly publisher: EventPublisher,
    private readonly chronicle: Chronicle,
  ) {}

  async handle(event: HeroKilledDragonEvent): Promise<void> {
    this.chronicle.write(HeroKilledDragonHandler, event);
    const dragon = this.publisher.mergeObjectContext(await this.monsters.findOneById(event.dragonId));
    dragon.die();
    dragon.commit();
  }
}

@EventsHandler(DragonDiedEvent)
class DragonDiedHandler implements IEventHandler<DragonDiedEvent> {
  constructor(private readonly chronicle: Chronicle) {}

  handle(event: DragonDiedEvent): void {
    this.chronicle.write(DragonDiedHandler, event);
  }
}

@EventsHandler(HeroFoundItemEvent)
class HeroFoundItemHandler implements IEventHandler<HeroFoundItemEvent> {
  constructor(private readonly chronicle: Chronicle) {}

  handle(event: HeroFoundItemEvent): void {
    this.chronicle.write(HeroFoundItemHandler, event);
  }
}

@EventsHandler(NothingHappenedEvent)
class NothingHappenedHandler implements IEventHandler<NothingHappenedEvent> {
  constructor(private readonly chronicle: Chronicle) {}

  handle(event: NothingHappenedEvent): void {
    this.chronicle.write(NothingHappenedHandler, event);
  }
}

@Module({
  providers: [
    Chronicle,
    DragonDiedHandler,
    DropAncientItemHandler,
    GetHeroHandler,
    GetHeroesHandler,
    HeroFoundItemHandler,
    HeroKilledDragonHandler,
    HeroRepository,
    KillDragonHandler,
    MonsterRepository,
    NothingHappenedHandler,
  ],
})
export class HeroesModule {}
