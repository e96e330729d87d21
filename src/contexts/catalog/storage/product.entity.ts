import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A product as it stands now. Its price is what new orders pay; placed orders keep their own copy. */
@Entity({ schema: 'catalog', name: 'products' })
export class ProductEntity {
  @PrimaryColumn({ type: 'text' })
  tenant!: string;

  @PrimaryColumn({ type: 'text' })
  sku!: string;

  @Column({ type: 'text' })
  name!: string;

  /** What it is found by. */
  @Column({ type: 'text' })
  searchText!: string;

  @Column({ type: 'text', nullable: true })
  category!: string | null;

  @Column({ type: 'text', nullable: true })
  unit!: string | null;

  @Column({ type: 'text', nullable: true })
  taxClass!: string | null;

  /** Minor units of `currency`. */
  @Column({ type: 'bigint' })
  unitPrice!: number;

  @Column({ type: 'text' })
  currency!: string;

  @Column({ type: 'boolean' })
  discontinued!: boolean;

  /** Counts the edits. Moved only by the conditional update in `Products`. */
  @Column({ type: 'int' })
  version!: number;
}
