import { Inject } from '@nestjs/common';
import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CommitRows, Subscription, type CommitWrite } from 'waybill/kernel';
import { BookLent } from './book.js';
import { BeforeEnd } from './before-end.js';

const LOANS: CommitWrite = {
  id: 'lending.loans',
  sql: (rows) => `INSERT INTO lending.loans (book_id, reader_id)
    SELECT r."bookId", r."readerId" FROM jsonb_to_recordset(${rows}) AS r ("bookId" text, "readerId" text)`,
};

@EventsHandler(BookLent)
@Subscription('lending.note-loan-when-book-lent', { startFrom: 'beginning' })
export class NoteLoanWhenBookLent implements IEventHandler<BookLent> {
  constructor(
    private readonly rows: CommitRows,
    @Inject(BeforeEnd) private readonly beforeEnd: BeforeEnd,
  ) {}

  async handle({ bookId, readerId }: BookLent): Promise<void> {
    this.rows.write(LOANS, { bookId, readerId });
    await this.beforeEnd.reached();
  }
}
