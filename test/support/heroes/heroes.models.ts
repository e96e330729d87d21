import { Injectable } from '@nestjs/common';
import { AggregateRoot, WithAggregateRoot } from '@nestjs/cqrs';
import { EventStream } from '#kernel/domain';
import { DragonDiedEvent, HeroFoundItemEvent, HeroKilledDragonEvent } from './heroes.events.js';

export const HERO_ID = '1234';

@EventStream('heroes.hero')
export class Hero extends AggregateRoot {
  constructor(readonly id: string) {
    super();
  }

  killEnemy(enemyId: string): void {
    this.apply(new HeroKilledDragonEvent(this.id, enemyId));
  }

  addItem(itemId: string): void {
    this.apply(new HeroFoundItemEvent(this.id, itemId));
  }
}

abstract class Monster {
  constructor(readonly id: string) {}

  abstract die(): void;
}

/** Has a base class of its own, and is an aggregate by mixin. */
@EventStream('heroes.dragon')
export class Dragon extends WithAggregateRoot(Monster) {
  die(): void {
    this.apply(new DragonDiedEvent(this.id));
  }
}

@Injectable()
export class HeroRepository {
  findOneById(id: string): Promise<Hero> {
    return Promise.resolve(new Hero(id));
  }

  findAll(): Promise<Hero[]> {
    return Promise.resolve([new Hero(HERO_ID)]);
  }
}

@Injectable()
export class MonsterRepository {
  findOneById(id: string): Promise<Dragon> {
    return Promise.resolve(new Dragon(id));
  }
}
