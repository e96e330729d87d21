import { Command } from '@nestjs/cqrs';

export interface CustomerAddress {
  readonly street: string;
  /** The second line: floor, flat, building, department. */
  readonly street2: string | null;
  readonly city: string;
  readonly region: string | null;
  readonly postalCode: string | null;
  /** Free text: a name or a code. */
  readonly country: string;
}

/** A customer as another system describes it. What is left out is unknown there: a known customer keeps it. */
export interface ImportedCustomer {
  readonly customerId: string;
  readonly name: string;
  readonly contact?: string | null;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly address?: CustomerAddress | null;
}

export interface CustomerImported {
  readonly customerId: string;
  readonly outcome: 'added' | 'changed' | 'unchanged';
}

/** Makes a customer equal to another system's; a repeat changes nothing. */
export class ImportCustomerCommand extends Command<CustomerImported> {
  constructor(readonly customer: ImportedCustomer) {
    super();
  }
}
