import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Secrets } from '../../../kernel/database/secrets.js';
import { Clock } from '../../../kernel/messages/clock.js';
import { messageContext } from '../../../kernel/messages/message-context.js';
import { canonical } from '../request/fingerprint.js';
import { ProblemError } from '../problems/problem-error.js';
import { Page } from './page.js';

const MAX_AGE_S = 7 * 24 * 60 * 60;
const SIGNATURE_BYTES = 16;
/**
 * What keys take as JSON in UTF-8, the time included. The longest are a name of 200 characters, four bytes each, and an id
 * of 128. Counted in bytes: a limit in characters let lists begin whose pages then could not end on a long name.
 */
const MAX_BODY_BYTES = 1_024;
/** As base64url, three bytes in four characters. */
const MAX_LENGTH = Math.ceil(((SIGNATURE_BYTES + MAX_BODY_BYTES) * 4) / 3);

/** What a list is sorted by, of one row: the sort key's value and what breaks ties. */
export type RowKeys = readonly (string | number | null)[];

/** What a cursor is good for, besides its caller; it opens nothing else. All of it must be JSON. */
export interface CursorBinding {
  readonly list: string;
  readonly filter: unknown;
  readonly sort: unknown;
}

export interface PageRequest<Row, Item> {
  readonly limit: number;
  readonly binding: CursorBinding;
  readonly keysOf: (row: Row) => RowKeys;
  readonly item: (row: Row) => Item;
}

/**
 * Cursors of keyset pagination: the keys of the last row seen, opaque and authenticated, bound to filter, sort order, and
 * the tenant and id of the message's sender, good for 7 days. The key is shared by the replicas.
 */
@Injectable()
export class Cursors {
  constructor(
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  async seal(keys: RowKeys, binding: CursorBinding): Promise<string> {
    const body = Buffer.from(JSON.stringify([this.#nowS(), keys]));
    if (body.length > MAX_BODY_BYTES) {
      throw new Error(
        `The sort keys of ${binding.list} take ${body.length} bytes, and a cursor holds ${MAX_BODY_BYTES}. Limit the text that is sorted by.`,
      );
    }
    return Buffer.concat([await this.#sign(body, binding), body]).toString('base64url');
  }

  /** The keys after which the next page starts. @throws ProblemError `cursor-invalid` */
  async open(cursor: string, binding: CursorBinding): Promise<RowKeys> {
    const bytes = Buffer.from(cursor.slice(0, MAX_LENGTH), 'base64url');
    if (bytes.length <= SIGNATURE_BYTES || bytes.toString('base64url') !== cursor) throw invalid();
    const body = bytes.subarray(SIGNATURE_BYTES);
    if (!timingSafeEqual(bytes.subarray(0, SIGNATURE_BYTES), await this.#sign(body, binding))) throw invalid();
    const [issuedAt, keys] = JSON.parse(body.toString('utf8')) as [number, RowKeys];
    if (this.#nowS() - issuedAt > MAX_AGE_S) throw invalid();
    return keys;
  }

  /** Makes a page of `limit + 1` rows: the extra one only shows that there is a next page. */
  async page<Row, Item>(
    rows: readonly Row[],
    { limit, binding, keysOf, item }: PageRequest<Row, Item>,
  ): Promise<Page<Item>> {
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const next = rows.length > limit && last !== undefined ? await this.seal(keysOf(last), binding) : null;
    return new Page(shown.map(item), limit, next);
  }

  async #sign(body: Buffer, binding: CursorBinding): Promise<Buffer> {
    const { tenant, principal } = messageContext.current();
    const hmac = createHmac('sha256', await this.secrets.get('cursor'));
    return hmac
      .update(canonical({ ...binding, tenant, principal: principal.id }))
      .update('\n')
      .update(body)
      .digest()
      .subarray(0, SIGNATURE_BYTES);
  }

  #nowS(): number {
    return Math.floor(this.clock.now().getTime() / 1_000);
  }
}

function invalid(): ProblemError {
  return new ProblemError(
    'cursor-invalid',
    'The cursor was changed, has expired, or belongs to another list, filter or caller. Start again without a cursor.',
  );
}
