import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What one order adds to its customer's day. */
@Entity({ schema: 'insights_read', name: 'customer_sales_orders' })
export class CustomerSalesOrderView {
  @PrimaryColumn({ type: 'uuid' })
  orderId!: string;

  @Column({ type: 'text' })
  tenant!: string;

  /** UTC, `YYYY-MM-DD`. */
  @Column({ type: 'date' })
  day!: string;

  @Column({ type: 'text' })
  currency!: string;

  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'bigint' })
  quantity!: number;

  /** Minor units, after discounts, without shipping. */
  @Column({ type: 'bigint' })
  net!: number;

  @Column({ type: 'int' })
  version?: number;

  @Column({ type: 'bigint' })
  position?: number;
}

/** Sales to one customer on one day in one currency. */
@Entity({ schema: 'insights_read', name: 'customer_sales' })
export class CustomerSalesView {
  @PrimaryColumn({ type: 'text' })
  tenant!: string;

  @PrimaryColumn({ type: 'date' })
  day!: string;

  @PrimaryColumn({ type: 'text' })
  currency!: string;

  @PrimaryColumn({ type: 'text' })
  customerId!: string;

  @Column({ type: 'bigint' })
  orders!: number;

  @Column({ type: 'numeric' })
  quantity!: string;

  @Column({ type: 'numeric' })
  net!: string;
}
