import { HttpException } from '@nestjs/common';
import { classify, type FaultKind } from '../../../kernel/database/errors.js';
import { isRefusal, type ProblemOfRefusal, type StoredRefusal } from '../../../kernel/domain/index.js';
import { ProblemError, type InputError } from './problem-error.js';
import { registeredProblem } from './problem-registry.js';

/** What is answered for an error, before it has the shape of RFC 9457. */
export interface ProblemContent {
  readonly code: string;
  /** Undefined: the registered title says everything. */
  readonly detail?: string;
  readonly errors?: readonly InputError[];
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** `fault`: log it with its stack. `hole`: a bad value got as far as the database, so a validation is missing. */
  readonly alarm?: 'fault' | 'hole';
  /** For a code that isn't registered: what a client receives about it nevertheless. */
  readonly unregistered?: ProblemOfRefusal;
}

/** Of a stored refusal whose code no release has registered: a business rule refused, so it is no fault of the server. */
const REFUSED: ProblemOfRefusal = { status: 409, title: 'Request refused', retryable: false };

const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'malformed-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'request-timeout',
  413: 'payload-too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  429: 'overloaded',
  431: 'headers-too-large',
  503: 'starting',
};

const CODE_OF_FASTIFY: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: 'malformed-request',
  FST_ERR_MAX_PARAM_LENGTH: 'uri-too-long',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload-too-large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-json',
};

const PROBLEM_OF_FAULT: Readonly<Record<FaultKind, ProblemContent>> = {
  conflict: { code: 'concurrency-conflict' },
  'lock-timeout': { code: 'concurrency-conflict' },
  unique: { code: 'concurrency-conflict' },
  timeout: { code: 'database-unavailable', alarm: 'fault' },
  unavailable: { code: 'database-unavailable', alarm: 'fault' },
  'outcome-unknown': { code: 'outcome-unknown', alarm: 'fault' },
  'bad-value': { code: 'validation-failed', detail: 'A value in the request cannot be stored.', alarm: 'hole' },
  'read-only': { code: 'internal', alarm: 'fault' },
  other: { code: 'internal', alarm: 'fault' },
};

/**
 * Maps whatever was thrown to a registered problem. Errors are distinguished by their `code`, never by their class: refusals
 * come back from stored results, other processes and other test realms. A stored refusal whose code this release doesn't know
 * is answered as it was when it was stored. An unknown error is `internal`, and reveals nothing about itself.
 *
 * @param isSafe the request only reads, so that an answer lost is nothing done
 */
export function problemContentOf(error: unknown, isSafe: boolean): ProblemContent {
  const code = codeOf(error);
  if (code !== undefined && registeredProblem(code) !== undefined) return registered(code, error as Error);
  if (isStoredRefusal(error)) return contentOfStored(error);
  if (code !== undefined && CODE_OF_FASTIFY[code] !== undefined) return { code: CODE_OF_FASTIFY[code] };
  const status = statusOf(error);
  if (status !== undefined && CODE_OF_STATUS[status] !== undefined) return { code: CODE_OF_STATUS[status] };
  const { kind } = classify(error);
  return kind === 'outcome-unknown' && isSafe ? PROBLEM_OF_FAULT.unavailable : PROBLEM_OF_FAULT[kind];
}

/** Registered codes are thrown with a sentence for the caller and facts that the caller may know. */
function registered(code: string, error: Error): ProblemContent {
  const { errors, headers } = isProblemError(error) ? error.more : {};
  return { code, detail: error.message, errors, headers, facts: factsOf(error) };
}

/** It was the answer to the first request, and stays the answer to each repeat. */
function contentOfStored(refusal: StoredRefusal): ProblemContent {
  const { storedProblem } = refusal;
  const answer = { ...registered(refusal.code, refusal), unregistered: storedProblem ?? REFUSED };
  return storedProblem === undefined ? { ...answer, alarm: 'fault' } : answer;
}

function isStoredRefusal(error: unknown): error is StoredRefusal {
  return isRefusal(error) && 'storedProblem' in error;
}

function factsOf(error: Error): Record<string, unknown> | undefined {
  const { facts } = error as { facts?: unknown };
  return typeof facts === 'function' ? (facts.call(error) as Record<string, unknown>) : undefined;
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Nest's and Fastify's own errors have their 4xx status. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function isProblemError(error: Error): error is ProblemError {
  return error.name === 'ProblemError' && 'more' in error;
}
