import { ArrayMaxSize, IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { IsCurrency, IsInstant, IsText, ListQuery, SortBy } from '#platform/http';
import { CUSTOMER_ID_PATTERN, SKU_PATTERN } from '#shared';
import { ORDER_STATUSES, type OrderStatus } from '../contracts/get-order-summary.js';
import { ORDER_SORT_KEYS, type OrderSort } from '../queries/find-orders.sql.js';

/** Which orders to list. */
export class FindOrdersParams extends ListQuery {
  /** One or several, with commas. */
  @IsOptional()
  @ArrayMaxSize(10)
  @IsIn(ORDER_STATUSES, { each: true })
  status?: OrderStatus[];

  @IsOptional()
  @Matches(CUSTOMER_ID_PATTERN)
  customerId?: string;

  @IsOptional()
  @IsCurrency()
  currency?: string;

  @IsOptional()
  @Matches(SKU_PATTERN)
  sku?: string;

  @IsOptional()
  @IsText({ max: 40 })
  number?: string;

  @IsOptional()
  @IsText({ max: 64 })
  externalNumber?: string;

  /** Inclusive, like every limit here. */
  @IsOptional()
  @IsInstant()
  placedFrom?: string;

  @IsOptional()
  @IsInstant()
  placedTo?: string;

  /** Minor units. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  totalFrom?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  totalTo?: number;

  /** Words that all occur in numbers, skus or product names, whatever their case and accents. */
  @IsOptional()
  @IsText({ max: 100 })
  q?: string;

  /** Also counts how many orders there are on all pages. */
  @IsOptional()
  @IsIn(['estimate', 'exact'])
  count?: 'estimate' | 'exact';

  @SortBy(ORDER_SORT_KEYS, '-placedAt')
  sort!: OrderSort;
}
