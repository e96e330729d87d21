import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

/** What every list takes. Extend it with the list's filters and `@SortBy`. */
export class ListQuery {
  /** Items per page. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 20;

  /** `page.next` of the page before, with the same filter and sort order. */
  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  cursor?: string;
}
