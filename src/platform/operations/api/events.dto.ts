import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { ListQuery } from '../../http/lists/list-query.dto.js';
import { IsText } from '../../http/validation/rules.js';
import { NAME } from './names.js';

/** Which events to list. */
export class FindEvents extends ListQuery {
  /** `<context>.<aggregate>:<id>` */
  @IsOptional()
  @IsText({ max: 300 })
  stream?: string;

  /** Event name. */
  @IsOptional()
  @Matches(NAME)
  name?: string;

  /** Only events above this position. */
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after: number = 0;
}
