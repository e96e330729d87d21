import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, Matches, Min } from 'class-validator';
import { NotFound, Refusal, VersionMismatch } from '../../kernel/domain/index.js';
import { CurrentPrincipal } from '../http/auth/current-principal.decorator.js';
import { IfVersion } from '../http/request/if-match.js';
import { PathId, PathText } from '../http/request/path-segments.js';
import { Cursors } from '../http/lists/cursors.js';
import { ListQuery } from '../http/lists/list-query.dto.js';
import type { Page } from '../http/lists/page.js';
import { defineProblems } from '../http/problems/problem-registry.js';
import { Changes, Creates, Public, Roles, Versioned } from '../http/routes/route.decorators.js';
import { ViewRebuilding } from '../../kernel/commands/required-views.js';
import { messageContext, type Principal } from '../../kernel/messages/message-context.js';
import { Nested } from '../http/validation/input-class.js';

defineProblems({
  'shop.sold-out': { status: 409, title: 'Sold out', meaning: 'There is none left.', remedy: 'Come back.' },
});

class SoldOut extends Refusal {
  override readonly code = 'shop.sold-out';
  constructor(readonly left: number) {
    super('There is none left.');
  }
}

class LineBody {
  @Matches(/^[A-Z]{1,8}$/) sku!: string;
  @IsInt() @Min(1) quantity!: number;
}

class BasketBody {
  @IsArray() @ArrayMaxSize(100) @Nested(() => LineBody) lines!: LineBody[];
  @IsOptional() @Matches(/^\w+$/) fault?: string;
}

class NoteBody {
  @IsOptional() @Matches(/^\w+$/) note?: string;
}

class FindBaskets extends ListQuery {
  @IsOptional() @Matches(/^\w+$/) status?: string;
}

const FAULTS: Readonly<Record<string, () => Error>> = {
  soldOut: () => new SoldOut(0),
  stored: () =>
    Object.assign(new Error('Stored.'), { code: 'shop.sold-out', facts: () => ({ left: 0, status: 200, type: 'x' }) }),
  gone: () => new NotFound('There is no such basket.'),
  stale: () => new VersionMismatch(7),
  leak: () => new Error('select * from secret_table at host db-1'),
  down: () => Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' }),
  badValue: () => Object.assign(new Error('invalid input syntax for type uuid'), { code: '22P02', severity: 'ERROR' }),
  lost: () => new Error('Connection terminated unexpectedly'),
  rebuilding: () => new ViewRebuilding('shop.baskets'),
  unique: () => Object.assign(new Error('duplicate key value violates ux_a'), { code: '23505', severity: 'ERROR' }),
};

/** Shows what reached a handler and raises what it is told to. */
@Controller('v1/baskets')
@Roles('customer')
export class BasketsController {
  constructor(private readonly cursors: Cursors) {}

  @Post()
  @Creates('/v1/baskets/:id')
  make(@Body() body: BasketBody, @CurrentPrincipal() principal: Principal): object {
    if (body.fault !== undefined) throw FAULTS[body.fault]!();
    const { idempotency, actor, tenant, outcome } = messageContext.current();
    outcome.lastEvent = { id: 5, eventId: '0190a3b2-7c4d-7e5f-8a6b-1c2d3e4f5a6b' };
    outcome.replayed = idempotency?.key === 'again';
    return { id: 'b/1', version: 1, lines: body.lines.length, owner: principal.id, actor, tenant, idempotency };
  }

  @Get()
  async find(@Query() query: FindBaskets): Promise<Page<number>> {
    const { outcome } = messageContext.current();
    outcome.readToken = 'seen';
    if (query.status === 'rebuilding') Object.assign(outcome, { rebuilding: true, behind: 9 });
    const binding = { list: 'baskets', filter: query.status, sort: 'id' };
    const after = query.cursor === undefined ? 0 : Number((await this.cursors.open(query.cursor, binding))[0]);
    const rows = [1, 2, 3, 4, 5].filter((row) => row > after).slice(0, query.limit + 1);
    return this.cursors.page(rows, { limit: query.limit, binding, keysOf: (row) => [row], item: (row) => row });
  }

  @Get(':id')
  @Versioned()
  one(@PathId('id') id: string): object {
    Object.assign(messageContext.current().outcome, {
      readToken: 'seen',
      behind: 3,
      failed: { retrying: 0, waiting: 2, deadLettered: 1 },
    });
    return { id, version: 4, consistency: messageContext.current().consistency };
  }

  @Get(':id/fault/:name')
  fault(@PathId('id') _id: string, @PathText('name', /^\w{1,20}$/) name: string): never {
    throw FAULTS[name]!();
  }

  @Patch(':id')
  @Changes()
  edit(@PathId('id') id: string, @IfVersion({ required: true }) version: number): object {
    return { id, version: version + 1, fingerprint: messageContext.current().idempotency?.fingerprint };
  }

  @Post(':id/note')
  @Changes()
  @Roles('support')
  note(@PathId('id') _id: string, @Body() { note = 'none' }: NoteBody): object {
    return { note };
  }

  @Delete(':id')
  @HttpCode(204)
  @Roles('support')
  remove(@PathId('id') _id: string): void {}
}

/** Takes anyone. */
@Controller('open')
@Public()
export class OpenController {
  @Get()
  hello(): object {
    return { tenant: messageContext.current().principal.id };
  }
}

export const BASKET_ID = '0198c0de-0000-7000-8000-000000000001';
export const BASKET = { lines: [{ sku: 'A', quantity: 1 }] };
