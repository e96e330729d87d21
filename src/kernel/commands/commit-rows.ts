import { Injectable } from '@nestjs/common';
import type { CommitWrite } from './commit-statement.js';
import { UnitOfWork } from './unit-of-work.js';

/**
 * Rows of a context's own tables that commit together with everything else that a command changes, in the one statement of
 * the commit. Saving them by TypeORM instead costs a transaction: three round trips more, and locks held across them. Written
 * rows are visible to no reader before the commit, also not to the command itself.
 */
@Injectable()
export class CommitRows {
  /**
   * @param row JSON-safe, with the columns that the statement reads from `jsonb_to_recordset`.
   * @throws Error outside a command.
   */
  write(write: CommitWrite, row: object): void {
    UnitOfWork.required(`Writing ${write.id}`).addCommitRow(write, row);
  }
}
