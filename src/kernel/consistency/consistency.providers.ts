import { ConsistencyTokens } from './consistency-token.js';
import { ReadSql } from './read-sql.js';
import { StreamReader } from './stream-reader.js';
import { ViewConsistency } from './view-consistency.js';

export const consistencyProviders = [ConsistencyTokens, ViewConsistency, ReadSql, StreamReader];
