import { ConsistencyTokens } from './consistency-token.js';
import { ReadSql } from './read-sql.js';
import { StreamReader } from './stream-reader.js';
import { ViewFreshness } from './view-freshness.js';

export const consistencyProviders = [ConsistencyTokens, ViewFreshness, ReadSql, StreamReader];
