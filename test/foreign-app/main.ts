// main.js <url of the database> [<book to lend>] [--no-subscriptions] [--stay]
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { DurableCqrsModule } from 'waybill/kernel';
import { migrateDatabase, Pools } from 'waybill/kernel/database';
import { LendBookCommand } from './lend-book.js';
import { LendingModule } from './lending.module.js';

const [url, book] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const testOptions = { runSubscriptions: !process.argv.includes('--no-subscriptions'), leaseMs: 1_000 };

await migrateDatabase({ url: url!, folder: new URL('./migrations/', import.meta.url) });

@Module({
  imports: [DurableCqrsModule.forRoot({ pools: Pools.of(url!), ...testOptions }), LendingModule],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
app.enableShutdownHooks();
if (book !== undefined) {
  await app.get(CommandBus).execute(new LendBookCommand(book, 'ada'));
  process.stdout.write(`lent ${book}\n`);
}
process.stdout.write('ready\n');
