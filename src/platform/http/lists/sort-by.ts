import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { readBy } from '../validation/input-class.js';

/** How a list is sorted; the key is one of the allow-list's, never text from outside. */
export interface Sort<Key extends string = string> {
  readonly key: Key;
  readonly descending: boolean;
}

/** `?sort=-placedAt`: a key of the allow-list, with a minus for descending; anything else answers 400. */
export function SortBy<Key extends string>(keys: readonly Key[], whenAbsent: Key | `-${Key}`): PropertyDecorator {
  const choices = keys.flatMap((key) => [key, `-${key}`]);
  const read = readBy((text) => {
    const sort = sortOf(text ?? whenAbsent, keys);
    return sort === undefined ? { problem: `must be one of ${choices.join(', ')}` } : { value: sort };
  });
  const describe = ApiPropertyOptional({ enum: choices, default: whenAbsent });
  return (target, property) => {
    IsOptional()(target, property);
    describe(target, property);
    read(target, property);
  };
}

function sortOf<Key extends string>(text: string, keys: readonly Key[]): Sort<Key> | undefined {
  const descending = text.startsWith('-');
  const key = keys.find((one) => one === (descending ? text.slice(1) : text));
  return key === undefined ? undefined : { key, descending };
}
