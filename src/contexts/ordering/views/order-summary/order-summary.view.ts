import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { LineQuantities, OrderStatus, OrderSummaryDiscount } from '../../contracts/get-order-summary.js';

/** A line as the summary keeps it: amounts in minor units. */
export interface SummaryLine {
  readonly lineId: string;
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: number;
  readonly discountPercent: number;
  readonly gross: number;
  readonly discount: number;
  readonly total: number;
  readonly quantities: LineQuantities;
}

/** One order, written in the commit of the command that changed it. */
@Entity({ schema: 'ordering_read', name: 'order_summary' })
export class OrderSummaryView {
  @PrimaryColumn({ type: 'uuid' })
  orderId!: string;

  @Column({ type: 'text' })
  tenant!: string;

  @Column({ type: 'text', nullable: true })
  number!: string | null;

  @Column({ type: 'text', nullable: true })
  externalNumber!: string | null;

  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text' })
  status!: OrderStatus;

  @Column({ type: 'text', nullable: true })
  currency!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  placedAt!: string | null;

  @Column({ type: 'timestamptz' })
  updatedAt!: string;

  @Column({ type: 'jsonb' })
  lines!: readonly SummaryLine[];

  /** Granted while it was a draft. */
  @Column({ type: 'jsonb' })
  discounts!: readonly OrderSummaryDiscount[];

  /** Taken off the whole order, besides the discounts of its lines. Minor units, like the next two. */
  @Column({ type: 'bigint' })
  orderDiscount!: number;

  @Column({ type: 'bigint' })
  shipping!: number;

  /** Of a draft's delivery fee, also of a fee of 0; null where none is set, and once the order is placed. */
  @Column({ type: 'text', nullable: true })
  feeCurrency!: string | null;

  @Column({ type: 'bigint' })
  tax!: number;

  @Column({ type: 'boolean' })
  deliveryIsSet!: boolean;

  @Column({ type: 'int' })
  version?: number;

  @Column({ type: 'bigint' })
  eventId?: number;
}
