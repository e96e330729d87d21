import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What one order sold of one product. */
export interface ProductSold {
  readonly sku: string;
  /** As the order names it. */
  readonly name: string;
  readonly quantity: number;
  /** Minor units, after discounts. */
  readonly net: number;
}

/** What one order adds to the products of its day. */
@Entity({ schema: 'insights_read', name: 'product_sales_orders' })
export class ProductSalesOrderView {
  @PrimaryColumn({ type: 'uuid' })
  orderId!: string;

  @Column({ type: 'text' })
  tenant!: string;

  /** UTC, `YYYY-MM-DD`. */
  @Column({ type: 'date' })
  day!: string;

  @Column({ type: 'text' })
  currency!: string;

  /** One entry per sku. */
  @Column({ type: 'jsonb' })
  products!: ProductSold[];

  @Column({ type: 'int' })
  version?: number;

  @Column({ type: 'bigint' })
  position?: number;
}

/** Sales of one product on one day in one currency. */
@Entity({ schema: 'insights_read', name: 'product_sales' })
export class ProductSalesView {
  @PrimaryColumn({ type: 'text' })
  tenant!: string;

  @PrimaryColumn({ type: 'date' })
  day!: string;

  @PrimaryColumn({ type: 'text' })
  currency!: string;

  @PrimaryColumn({ type: 'text' })
  sku!: string;

  /** As it was called when it was last sold on that day. */
  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'numeric' })
  quantity!: string;

  @Column({ type: 'numeric' })
  net!: string;
}
