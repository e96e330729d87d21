import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Book, Books } from './book.js';

export class LendBookCommand {
  constructor(
    readonly bookId: string,
    readonly readerId: string,
  ) {}
}

@CommandHandler(LendBookCommand)
export class LendBookHandler implements ICommandHandler<LendBookCommand> {
  constructor(private readonly books: Books) {}

  async execute({ bookId, readerId }: LendBookCommand): Promise<number> {
    const book = (await this.books.find(bookId)) ?? new Book(bookId);
    book.lendTo(readerId);
    return this.books.save(book);
  }
}
