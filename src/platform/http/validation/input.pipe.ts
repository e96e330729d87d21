import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { ProblemError } from '../problems/problem-error.js';
import type { InputClass } from './input-class.js';
import { InputReader } from './input-reader.js';
import { assertWellFormed, type ParsedQuery } from './query-string.js';

/** The global pipe: bodies, queries and paths become instances of their classes, or 400 (a path: 404). */
@Injectable()
export class InputPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type === 'custom' || metatype === undefined) return value;
    const reader = InputReader.for(metatype as InputClass);
    if (type === 'body') return readBody(reader, value);
    if (type === 'query') return readQuery(reader, value as ParsedQuery);
    return readPath(reader, value as Record<string, string>);
  }
}

function readBody(reader: InputReader, value: unknown): object {
  return value === undefined ? readNoBody(reader) : reader.body(value);
}

/** Where every field is optional, so is the body. */
function readNoBody(reader: InputReader): object {
  try {
    return reader.body({});
  } catch {
    throw new ProblemError('malformed-json', 'This route requires a JSON body.');
  }
}

function readQuery(reader: InputReader, query: ParsedQuery): object {
  assertWellFormed(query);
  return reader.query(query.values);
}

function readPath(reader: InputReader, params: Record<string, string>): object {
  try {
    return reader.query(params);
  } catch {
    throw new ProblemError('not-found', 'Not found. Check the id.');
  }
}
