import { Injectable } from '@nestjs/common';
import { ReadSql } from '#kernel';
import { orderNumber } from '#shared';

/** How many numbers one call of the sequence stands for: its INCREMENT, or less. More would give numbers twice. */
const BLOCK_SIZE = 50;

/** Sequences don't roll back and hand each value to one caller, so blocks never overlap, also between replicas. */
const TAKE_BLOCK = `SELECT nextval('ordering.order_numbers') AS first`;

/**
 * Gives orders their numbers, from SO-1001 on. A process takes a block and hands it out without asking again: one round
 * trip in fifty orders. What it doesn't use, and what a commit that was refused or is a repeat had taken, are gaps
 * (documented in docs/reference/limits.md).
 */
@Injectable()
export class OrderNumbers {
  #next = 0;
  #end = 0;
  #taking: Promise<void> | undefined;

  constructor(private readonly sql: ReadSql) {}

  /** A number that no other order gets. Call it inside a command: it advances a sequence. */
  async next(): Promise<string> {
    while (this.#next >= this.#end) {
      // Who waits for another's block doesn't fail with that other, but takes one itself.
      if (this.#taking === undefined) await (this.#taking = this.#takeBlock());
      else await this.#taking.catch(() => undefined);
    }
    const ordinal = this.#next;
    this.#next += 1;
    return orderNumber(ordinal);
  }

  async #takeBlock(): Promise<void> {
    try {
      const [block] = await this.sql.query<{ first: number }>({
        name: 'ordering.take-order-numbers',
        text: TAKE_BLOCK,
      });
      this.#next = block!.first;
      this.#end = block!.first + BLOCK_SIZE;
    } finally {
      this.#taking = undefined;
    }
  }
}
