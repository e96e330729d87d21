import { Injectable } from '@nestjs/common';
import { EventSourcedRepository } from 'waybill/kernel';
import { Aggregate, DurableEvent, On, Refusal } from 'waybill/kernel/domain';

@DurableEvent('lending.book-lent', 1)
export class BookLent {
  constructor(
    readonly bookId: string,
    readonly readerId: string,
  ) {}
}

export class BookOnLoan extends Refusal {
  override readonly code = 'lending.book-on-loan';

  constructor(readonly bookId: string) {
    super(`Book ${bookId} is on loan. Wait until it is returned.`);
  }
}

export class Book extends Aggregate {
  #isOnLoan = false;

  lendTo(readerId: string): void {
    if (this.#isOnLoan) throw new BookOnLoan(this.id);
    this.record(new BookLent(this.id, readerId));
  }

  @On(BookLent)
  protected lent(): void {
    this.#isOnLoan = true;
  }
}

@Injectable()
export class Books extends EventSourcedRepository<Book> {
  protected override readonly streamPrefix = 'lending.book';

  protected override create(id: string): Book {
    return new Book(id);
  }
}
