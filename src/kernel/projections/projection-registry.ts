import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { WRITE_DATA_SOURCE } from '../commands/commands.tokens.js';
import { EventRegistry } from '../messages/event-registry.js';
import { PROJECTION_METADATA, type ProjectionOptions } from './projection.decorator.js';
import { ProjectionDefinition } from './projection-definition.js';

/** Finds every `@Projection` class among the providers and checks it, so that mistakes stop the start. */
@Injectable()
export class ProjectionRegistry implements OnModuleInit {
  #all: readonly ProjectionDefinition[] = [];
  readonly #inlineByEvent = new Map<string, ProjectionDefinition[]>();

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(WRITE_DATA_SOURCE) private readonly source: DataSource,
    private readonly registry: EventRegistry,
  ) {}

  onModuleInit(): void {
    const byName = new Map<string, ProjectionDefinition>();
    for (const { instance, type, options } of this.#declared()) {
      const projection = new ProjectionDefinition(type, instance, {
        options,
        source: this.source,
        registry: this.registry,
      });
      const same = byName.get(projection.name);
      if (same !== undefined && same.type === type) continue;
      if (same !== undefined) {
        throw new Error(
          `Two projections are called ${projection.name}: ${same.type.name} and ${type.name}. The name is the checkpoint; give one another.`,
        );
      }
      byName.set(projection.name, projection);
    }
    this.#all = [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    this.#indexInline();
  }

  all(): readonly ProjectionDefinition[] {
    return this.#all;
  }

  async(): readonly ProjectionDefinition[] {
    return this.#all.filter((projection) => projection.mode === 'async');
  }

  named(name: string): ProjectionDefinition | undefined {
    return this.#all.find((projection) => projection.name === name);
  }

  /** The projections that fill a read view. */
  of(view: Type<object>): readonly ProjectionDefinition[] {
    return this.#all.filter((projection) => projection.view === view || projection.totalsViews.includes(view));
  }

  /** Inline projections that react to any of these events, each once. */
  inlineFor(names: readonly string[]): ReadonlySet<ProjectionDefinition> {
    const found = new Set<ProjectionDefinition>();
    for (const name of names) for (const projection of this.#inlineByEvent.get(name) ?? []) found.add(projection);
    return found;
  }

  #indexInline(): void {
    for (const projection of this.#all.filter(({ mode }) => mode === 'inline')) {
      for (const name of projection.eventNames) {
        this.#inlineByEvent.set(name, [...(this.#inlineByEvent.get(name) ?? []), projection]);
      }
    }
  }

  #declared(): { instance: object; type: Type<object>; options: ProjectionOptions }[] {
    return this.discovery.getProviders().flatMap(({ instance, metatype }) => {
      if (typeof metatype !== 'function' || typeof instance !== 'object' || instance === null) return [];
      const options = Reflect.getMetadata(PROJECTION_METADATA, metatype) as ProjectionOptions | undefined;
      return options === undefined ? [] : [{ instance: instance as object, type: metatype as Type<object>, options }];
    });
  }
}
