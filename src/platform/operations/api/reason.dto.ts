import { IsOptional } from 'class-validator';
import { IsText } from '../../http/validation/rules.js';

const MAX_REASON = 500;

/** What an operator does may be explained; the audit keeps it. */
export class ReasonedBody {
  @IsOptional()
  @IsText({ max: MAX_REASON })
  reason?: string;
}

/** What can't be undone must be explained. */
export class ReasonBody {
  @IsText({ max: MAX_REASON })
  reason!: string;
}
