import { Module } from '@nestjs/common';
import { BeforeEnd } from './before-end.js';
import { Books } from './book.js';
import { LendBookHandler } from './lend-book.js';
import { NoteLoanWhenBookLent } from './note-loan.js';

@Module({
  providers: [
    Books,
    LendBookHandler,
    NoteLoanWhenBookLent,
    { provide: BeforeEnd, useValue: new BeforeEnd(process.argv.includes('--stay')) },
  ],
})
export class LendingModule {}
