import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { CustomerAddress } from '../contracts/index.js';

/** A customer as it stands now. All of it is personal data: it stays in this table. */
@Entity({ schema: 'customers', name: 'customers' })
export class CustomerEntity {
  @PrimaryColumn({ type: 'text' })
  tenant!: string;

  @PrimaryColumn({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text' })
  name!: string;

  /** What it is found by. */
  @Column({ type: 'text' })
  searchText!: string;

  @Column({ type: 'text', nullable: true })
  contact!: string | null;

  @Column({ type: 'text', nullable: true })
  email!: string | null;

  @Column({ type: 'text', nullable: true })
  phone!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  address!: CustomerAddress | null;

  /** Counts the edits. Moved only by the conditional update in `Customers`. */
  @Column({ type: 'int' })
  version!: number;
}
