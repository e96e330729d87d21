import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { EFFECT_METADATA, type EffectDeclaration, type IEffectHandler } from './effect-handler.decorator.js';

export interface KnownEffect extends EffectDeclaration {
  readonly type: Type<object>;
  readonly handler: IEffectHandler;
}

/** Finds every `@EffectHandler` class among the providers and checks it, so that mistakes stop the start. */
@Injectable()
export class EffectRegistry implements OnModuleInit {
  readonly #byKind = new Map<string, KnownEffect>();

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    for (const { metatype, instance, isDependencyTreeStatic } of this.#providers()) {
      const declared = Reflect.getMetadata(EFFECT_METADATA, metatype) as EffectDeclaration | undefined;
      if (declared === undefined) continue;
      if (!isDependencyTreeStatic) {
        throw new Error(`${metatype.name} handles effects, which belong to no request. Make it a singleton.`);
      }
      this.#add({ ...declared, type: metatype, handler: instance as IEffectHandler });
    }
  }

  all(): readonly KnownEffect[] {
    return [...this.#byKind.values()];
  }

  /** @throws Error for a kind without a handler. */
  assertKnown(kind: string): void {
    if (this.#byKind.has(kind)) return;
    throw new Error(
      `No handler for the effect ${kind}. Write a class with @EffectHandler('${kind}') and list it in a module.`,
    );
  }

  #add(effect: KnownEffect): void {
    const same = this.#byKind.get(effect.kind);
    if (same !== undefined && same.type !== effect.type) {
      throw new Error(
        `${effect.kind} has two effect handlers, ${same.type.name} and ${effect.type.name}. Delete one, or give it another kind.`,
      );
    }
    this.#byKind.set(effect.kind, effect);
  }

  #providers(): { metatype: Type<object>; instance: unknown; isDependencyTreeStatic: boolean }[] {
    return this.discovery
      .getProviders()
      .filter(({ metatype }) => typeof metatype === 'function')
      .map((wrapper) => ({
        metatype: wrapper.metatype as Type<object>,
        instance: wrapper.instance as unknown,
        isDependencyTreeStatic: wrapper.isDependencyTreeStatic(),
      }));
  }
}
