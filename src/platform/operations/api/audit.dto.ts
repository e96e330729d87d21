import { IsOptional, Matches } from 'class-validator';
import { ListQuery } from '../../http/lists/list-query.dto.js';
import { IsText } from '../../http/validation/rules.js';
import { NAME } from './names.js';

/** Which entries to list. */
export class FindAuditEntries extends ListQuery {
  /** Who did it. */
  @IsOptional()
  @IsText({ max: 128 })
  principal?: string;

  /** `dead-letters.retry` */
  @IsOptional()
  @Matches(NAME)
  action?: string;

  /** Which subscription it was done to. */
  @IsOptional()
  @IsText({ max: 128 })
  subject?: string;
}
