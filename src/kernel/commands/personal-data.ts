import { Injectable } from '@nestjs/common';
import type { CommitWrite } from './commit-statement.js';
import { UnitOfWork } from './unit-of-work.js';

/** A context's erasable table: `<context>_private.personal_data(subject text primary key, data jsonb, updated_at)`. */
export interface PersonalDataRow {
  readonly context: string;
  /** Whom or what it belongs to: an order's id, a customer's id. */
  readonly subject: string;
  /** JSON-safe. Never part of an event: events can't be erased. */
  readonly data: object;
}

const CONTEXT_NAME = /^[a-z][a-z0-9_]*$/;
const writes = new Map<string, CommitWrite>();

function writeFor(context: string): CommitWrite {
  const known = writes.get(context);
  if (known !== undefined) return known;
  if (!CONTEXT_NAME.test(context)) throw new Error(`"${context}" is no context name.`);
  const write: CommitWrite = {
    id: `${context}_private.personal_data`,
    // The last one of a subject: a row can be written only once per statement.
    sql: (param) => `INSERT INTO ${context}_private.personal_data (subject, data)
      SELECT DISTINCT ON (r.subject) r.subject, r.data
        FROM ROWS FROM (jsonb_to_recordset(${param}) AS (subject text, data jsonb)) WITH ORDINALITY AS r (subject, data, n)
       ORDER BY r.subject, r.n DESC
      ON CONFLICT (subject) DO UPDATE SET data = excluded.data, updated_at = clock_timestamp()`,
  };
  writes.set(context, write);
  return write;
}

/** Keeps names, addresses and the like beside the log, so that erasing a person needs no change of history. */
@Injectable()
export class PersonalData {
  /** Writes the subject's data with the command's commit, replacing what was there. */
  put({ context, subject, data }: PersonalDataRow): void {
    UnitOfWork.required('Writing personal data').addCommitRow(writeFor(context), { subject, data });
  }
}
