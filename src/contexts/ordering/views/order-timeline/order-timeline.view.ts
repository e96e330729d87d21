import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Actor } from '#kernel/domain';

/** One step in the life of an order. */
@Entity({ schema: 'ordering_read', name: 'order_timeline' })
export class OrderTimelineView {
  @PrimaryColumn({ type: 'uuid' })
  orderId!: string;

  /** The order's version after the step. */
  @PrimaryColumn({ type: 'int' })
  version!: number;

  /** The name of the event: `ordering.order-placed`. */
  @Column({ type: 'text' })
  type!: string;

  @Column({ type: 'timestamptz' })
  at!: string;

  @Column({ type: 'jsonb' })
  actor!: Actor;

  /** What a sentence about the step needs to name. */
  @Column({ type: 'jsonb' })
  params!: Readonly<Record<string, unknown>>;

  @Column({ type: 'bigint' })
  position?: number;
}
