import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';

/** The kinds of streams that this code writes, derived from its repositories: `ordering.order`. */
@Injectable()
export class StreamPrefixes {
  #all: readonly string[] | undefined;

  constructor(private readonly discovery: DiscoveryService) {}

  all(): readonly string[] {
    this.#all ??= [...new Set(this.discovery.getProviders().flatMap(({ instance }) => prefixOf(instance)))].toSorted();
    return this.#all;
  }

  /** Every stream that an aggregate's id may name. */
  streamsOf(id: string): string[] {
    return this.all().map((prefix) => `${prefix}:${id}`);
  }
}

function prefixOf(instance: unknown): string[] {
  const prefix = (instance as { readonly streamPrefix?: unknown } | null | undefined)?.streamPrefix;
  return typeof prefix === 'string' ? [prefix] : [];
}
