import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What one order adds to its day. Amounts in minor units of `currency`. */
@Entity({ schema: 'insights_read', name: 'sales_orders' })
export class SalesOrderView {
  @PrimaryColumn({ type: 'uuid' })
  orderId!: string;

  @Column({ type: 'text' })
  tenant!: string;

  /** UTC, `YYYY-MM-DD`. */
  @Column({ type: 'date' })
  day!: string;

  @Column({ type: 'text' })
  currency!: string;

  @Column({ type: 'bigint' })
  units!: number;

  /** Before discounts, without shipping. */
  @Column({ type: 'bigint' })
  gross!: number;

  @Column({ type: 'bigint' })
  discount!: number;

  /** gross − discount */
  @Column({ type: 'bigint' })
  net!: number;

  @Column({ type: 'bigint' })
  shipping!: number;

  @Column({ type: 'int' })
  version?: number;

  @Column({ type: 'bigint' })
  position?: number;
}

/** Sales of one day in one currency: the sum of its orders. */
@Entity({ schema: 'insights_read', name: 'sales_daily' })
export class SalesDailyView {
  @PrimaryColumn({ type: 'text' })
  tenant!: string;

  @PrimaryColumn({ type: 'date' })
  day!: string;

  @PrimaryColumn({ type: 'text' })
  currency!: string;

  @Column({ type: 'bigint' })
  orders!: number;

  @Column({ type: 'numeric' })
  units!: string;

  @Column({ type: 'numeric' })
  gross!: string;

  @Column({ type: 'numeric' })
  discount!: string;

  @Column({ type: 'numeric' })
  net!: string;

  @Column({ type: 'numeric' })
  shipping!: string;
}
