import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { MoneyJson } from '#shared';
import type { OrderStatus } from '../../contracts/get-order-summary.js';

export interface DraftMemoryLine {
  readonly lineId: string;
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly total: number;
  readonly currency: string;
}

/** What a draft must remember, so that its next event can be folded in. Amounts in minor units. */
export interface DraftMemory {
  readonly lines: readonly DraftMemoryLine[];
  /** For delivery; null where none is set. */
  readonly fee: MoneyJson | null;
  /** Off the whole order. */
  readonly discount: number;
}

/** One order as lists show, filter and sort it. */
@Entity({ schema: 'ordering_read', name: 'order_search' })
export class OrderSearchView {
  @PrimaryColumn({ type: 'uuid' })
  orderId!: string;

  @Column({ type: 'text' })
  tenant!: string;

  @Column({ type: 'text', nullable: true })
  number!: string | null;

  /** Sorts as the number does, numerically; empty for a draft. */
  @Column({ type: 'text' })
  numberKey!: string;

  @Column({ type: 'text', nullable: true })
  externalNumber!: string | null;

  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text' })
  status!: OrderStatus;

  @Column({ type: 'text', nullable: true })
  currency!: string | null;

  /** Minor units of `currency`. */
  @Column({ type: 'bigint' })
  total!: number;

  @Column({ type: 'bigint' })
  units!: number;

  @Column({ type: 'timestamptz', nullable: true })
  placedAt!: string | null;

  /** Sorts as `placedAt` does; before all times for what was never placed. */
  @Column({ type: 'timestamptz' })
  placedKey!: string;

  @Column({ type: 'timestamptz' })
  updatedAt!: string;

  @Column({ type: 'text', array: true })
  skus!: readonly string[];

  @Column({ type: 'text' })
  searchText!: string;

  @Column({ type: 'jsonb', nullable: true })
  draft!: DraftMemory | null;

  @Column({ type: 'int' })
  version?: number;

  @Column({ type: 'bigint' })
  position?: number;
}
