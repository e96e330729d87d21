import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsDay, invalidInput } from '#platform/http';
import type { ReportPeriod } from '../views/period.js';

/** Which days a report covers: UTC dates, both inclusive; what is left out is open. */
export class ReportParams {
  @IsOptional()
  @IsDay()
  from?: string;

  @IsOptional()
  @IsDay()
  to?: string;
}

export class SalesReportParams extends ReportParams {
  @IsIn(['day', 'month'])
  by: 'day' | 'month' = 'day';
}

export class TopProductsParams extends ReportParams {
  @IsIn(['revenue', 'quantity'])
  by: 'revenue' | 'quantity' = 'revenue';

  /** Per currency. */
  @IsInt()
  @Min(1)
  @Max(100)
  limit = 10;
}

export class TopCustomersParams extends ReportParams {
  @IsIn(['revenue', 'quantity', 'orders'])
  by: 'revenue' | 'quantity' | 'orders' = 'revenue';

  /** Per currency. */
  @IsInt()
  @Min(1)
  @Max(100)
  limit = 10;
}

/** @throws invalid input for a period that ends before it begins. */
export function periodOf({ from, to }: ReportParams): ReportPeriod {
  if (from !== undefined && to !== undefined && from > to) {
    throw invalidInput(
      'query:to',
      'before-from',
      'The period ends before it starts. Use a `to` that is not before `from`; both days are inclusive.',
    );
  }
  return { from, to };
}
