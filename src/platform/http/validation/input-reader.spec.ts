import {
  Allow,
  ArrayMaxSize,
  ArrayMinSize,
  Equals,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  registerDecorator,
  ValidateIf,
  ValidateNested,
  type ValidationArguments,
} from 'class-validator';
import { ListQuery } from '../lists/list-query.dto.js';
import { SortBy, type Sort } from '../lists/sort-by.js';
import type { InputClass } from './input-class.js';
import { InputReader, type RawQuery } from './input-reader.js';
import { MoneyBody } from '#app';
import { IsText } from './rules.js';
import { Nested } from './input-class.js';

class LineBody {
  @Matches(/^[A-Za-z0-9._-]{1,64}$/) sku!: string;
  @IsInt() @Min(1) @Max(100_000) quantity!: number;
}

class OrderBody {
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(3) @Nested(() => LineBody) lines!: LineBody[];
  @IsOptional() @Nested(() => MoneyBody) expectedTotal?: MoneyBody | null;
  @IsOptional() @IsText({ max: 10 }) note?: string | null;
  @IsIn(['reject', 'partial']) shortagePolicy = 'reject';
  @IsOptional() @IsString({ each: true }) @MaxLength(4, { each: true }) tags?: string[];
  secret = 'untouched';
}

class FindQuery extends ListQuery {
  @IsOptional() @IsIn(['placed', 'shipped'], { each: true }) status?: string[];
  @IsOptional() @IsInt() @Min(0) totalFrom?: number;
  @IsOptional() @IsBoolean() open?: boolean;
  @IsOptional() @MaxLength(20) q?: string;
  @SortBy(['placedAt', 'total'], '-placedAt') sort!: Sort;
}

const LINE = { sku: 'A-1', quantity: 2 };

function errorsOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    const { more } = error as { more: { errors: { pointer: string; code: string }[] } };
    return more.errors.map(({ pointer, code }) => `${pointer} ${code}`);
  }
}

const orderErrors = (body: unknown): string[] => errorsOf(() => InputReader.for(OrderBody).body(body));
const queryErrors = (query: RawQuery): string[] => errorsOf(() => InputReader.for(FindQuery).query(query));

describe('a body with an input class', () => {
  it('becomes an instance, with nested instances and defaults', () => {
    const body = InputReader.for(OrderBody).body({
      lines: [LINE],
      expectedTotal: { amount: 1, currency: 'EUR' },
      note: null,
    });
    expect(body).toBeInstanceOf(OrderBody);
    expect(body.lines[0]).toBeInstanceOf(LineBody);
    expect(body.expectedTotal).toBeInstanceOf(MoneyBody);
    expect(body).toEqual({
      lines: [LINE],
      expectedTotal: { amount: 1, currency: 'EUR' },
      note: null,
      shortagePolicy: 'reject',
      secret: 'untouched',
    });
  });

  it('keeps text composed, so that two ways to write it are one', () => {
    expect(InputReader.for(OrderBody).body({ lines: [LINE], note: 'e\u0301' }).note).toBe('\u00e9');
  });

  it.each([
    ['an unknown field', { lines: [LINE], isAdmin: true }, '/isAdmin unknown-field'],
    ['a property that no rule opens', { lines: [LINE], secret: 'x' }, '/secret unknown-field'],
    ['an unknown field inside', { lines: [{ ...LINE, unitPrice: 0 }] }, '/lines/0/unitPrice unknown-field'],
    ['a missing field', {}, '/lines required'],
    ['null where it isn’t optional', { lines: null }, '/lines is-array'],
    ['a list as an object', { lines: { 0: LINE, length: 1 } }, '/lines is-array'],
    ['a list in a list', { lines: [[LINE]] }, '/lines/0 is-object'],
    ['null in a list', { lines: [null] }, '/lines/0 is-object'],
    ['text in a list', { lines: ['x'] }, '/lines/0 is-object'],
    ['an empty list', { lines: [] }, '/lines array-min-size'],
    ['a long list', { lines: [LINE, LINE, LINE, LINE] }, '/lines array-max-size'],
    ['text for a number', { lines: [{ sku: 'A', quantity: '5' }] }, '/lines/0/quantity is-int'],
    ['a list for a number', { lines: [{ sku: 'A', quantity: [5] }] }, '/lines/0/quantity is-int'],
    ['a boolean for a number', { lines: [{ sku: 'A', quantity: true }] }, '/lines/0/quantity is-int'],
    ['a fraction', { lines: [{ sku: 'A', quantity: 1.5 }] }, '/lines/0/quantity is-int'],
    ['zero', { lines: [{ sku: 'A', quantity: 0 }] }, '/lines/0/quantity min'],
    ['a number beyond int4', { lines: [{ sku: 'A', quantity: 2_147_483_648 }] }, '/lines/0/quantity max'],
    ['a number for text', { lines: [{ sku: 5, quantity: 1 }] }, '/lines/0/sku matches'],
    ['an object for text', { lines: [LINE], note: { length: 1 } }, '/note is-text'],
    ['a value that isn’t one of several', { lines: [LINE], shortagePolicy: 'maybe' }, '/shortagePolicy is-in'],
    [
      'money with a lower-case currency',
      { lines: [LINE], expectedTotal: { amount: 1, currency: 'eur' } },
      '/expectedTotal/currency is-currency',
    ],
    [
      'money with a fraction',
      { lines: [LINE], expectedTotal: { amount: 0.125, currency: 'EUR' } },
      '/expectedTotal/amount is-int',
    ],
    ['a long element', { lines: [LINE], tags: ['abcd', 'abcde'] }, '/tags/1 max-length'],
    [
      'a list without a limit of its own beyond 100',
      { lines: [LINE], tags: Array(101).fill('a') },
      '/tags array-max-size',
    ],
  ])('is refused: %s', (_name, body, expected) => {
    expect(orderErrors(body)).toEqual([expected]);
  });

  it.each([[[]], [null], ['x'], [5], [[LINE]]])('is refused when it isn’t an object: %j', (body) => {
    expect(orderErrors(body)).toEqual([' is-object']);
  });

  it('lists at most 20 errors', () => {
    class Many {
      @IsInt({ each: true }) @ArrayMaxSize(1_000) numbers!: number[];
    }
    expect(errorsOf(() => InputReader.for(Many).body({ numbers: Array(1_000).fill('x') }))).toHaveLength(20);
  });

  it('never repeats what was sent', () => {
    try {
      InputReader.for(OrderBody).body({ lines: [{ sku: '<script>', quantity: 1 }] });
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain('script');
    }
    expect.assertions(1);
  });

  it('may be checked by rules of one’s own, also across fields', () => {
    const IsAfter =
      (other: string): PropertyDecorator =>
      (target, property) =>
        registerDecorator({
          name: 'isAfter',
          target: target.constructor,
          propertyName: String(property),
          constraints: [other],
          validator: {
            validate: (value: unknown, { object }: ValidationArguments) =>
              String(value) > String((object as Record<string, unknown>)[other]),
            defaultMessage: () => '$property must be after $constraint1',
          },
        });
    class Range {
      @IsString() from!: string;
      @IsAfter('from') to!: string;
    }
    expect(errorsOf(() => InputReader.for(Range).body({ from: 'b', to: 'a' }))).toEqual(['/to is-after']);
    expect(errorsOf(() => InputReader.for(Range).body({ from: 'a', to: 'b' }))).toEqual([]);
  });
});

describe('a query with an input class', () => {
  it('is converted by its rules', () => {
    const query = InputReader.for(FindQuery).query({
      status: 'placed,shipped',
      totalFrom: '100',
      open: 'true',
      q: '007',
      sort: 'total',
    });
    expect(query).toEqual({
      limit: 20,
      status: ['placed', 'shipped'],
      totalFrom: 100,
      open: true,
      q: '007',
      sort: { key: 'total', descending: false },
    });
  });

  it('has defaults', () => {
    expect(InputReader.for(FindQuery).query({})).toEqual({ limit: 20, sort: { key: 'placedAt', descending: true } });
  });

  it.each(['0x10', '1e3', '+1', ' 5', '5 ', '', '01', '1.0', '١', '99999999999999999999', 'true', '-0'])(
    'refuses %j as a whole number',
    (limit) => {
      expect(queryErrors({ limit })).toEqual(['query:limit malformed']);
    },
  );

  it.each([
    ['limit=0', { limit: '0' }, 'query:limit min'],
    ['limit=-1', { limit: '-1' }, 'query:limit min'],
    ['limit=1000000000', { limit: '1000000000' }, 'query:limit max'],
    ['limit twice', { limit: ['5', '5'] }, 'query:limit given-twice'],
    ['brackets', { 'status[]': 'placed' }, 'query:? unknown-parameter'],
    ['an operator', { 'q[$gt]': '' }, 'query:? unknown-parameter'],
    ['a prototype', { ['__proto__']: 'x' }, 'query:__proto__ unknown-parameter'],
    ['an unknown parameter', { isAdmin: 'true' }, 'query:isAdmin unknown-parameter'],
    ['a list with a foreign value', { status: 'placed,lost' }, 'query:status/1 is-in'],
    ['a list with an empty value', { status: 'placed,' }, 'query:status malformed'],
    ['SQL to sort by', { sort: 'id;drop table orders' }, 'query:sort malformed'],
    ['an expression to sort by', { sort: '(select 1)' }, 'query:sort malformed'],
    ['a direction to sort by', { sort: 'total ASC NULLS FIRST' }, 'query:sort malformed'],
    ['an unknown key to sort by', { sort: 'customerId' }, 'query:sort malformed'],
  ])('refuses %s', (_name, query, expected) => {
    const raw = Object.assign(Object.create(null), query) as RawQuery;
    if (Object.hasOwn(query, '__proto__')) Object.defineProperty(raw, '__proto__', { value: 'x', enumerable: true });
    expect(queryErrors(raw)).toEqual([expected]);
  });
});

describe('an input class', () => {
  class Empty {}
  class WithCondition {
    @ValidateIf(() => true) @IsString() a!: string;
  }
  class WithGroup {
    @Equals(1, { groups: ['one'] }) a!: number;
  }
  class WithoutType {
    @ValidateNested() a!: object;
  }
  class WithoutRule {
    @Allow() a!: string;
  }
  class WithAsyncRule {
    a!: string;
  }
  registerDecorator({
    name: 'later',
    async: true,
    target: WithAsyncRule,
    propertyName: 'a',
    options: {},
    validator: { validate: () => Promise.resolve(true) },
  });

  it.each<[string, InputClass]>([
    ['no rules at all', Empty],
    ['conditions', WithCondition],
    ['groups', WithGroup],
    ['a nested object of no class', WithoutType],
    ['a property without a rule', WithoutRule],
    ['an asynchronous rule', WithAsyncRule],
  ])('is refused with %s', (_name, type) => {
    expect(() => InputReader.for(type)).toThrow(type.name);
  });
});
