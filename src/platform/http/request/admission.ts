import { Inject, Injectable } from '@nestjs/common';
import { Places, type Slot } from '../../../kernel/database/places.js';
import { HTTP_SETTINGS, inFlightLimit, type HttpSettings } from '../app/http-settings.js';
import { ProblemError } from '../problems/problem-error.js';

/** Places that only operators get: an operator who examines an overload must not be refused because of it. */
const KEPT_FOR_OPERATORS = 4;
/** Public routes and tokens that are being verified need no connection to the database, but a bound all the same. */
const UNIDENTIFIED = 256;
/** How long a request may wait for its turn; longer would only be a slower refusal. */
const MAX_WAIT_MS = 250;

/**
 * Limits the requests under way to what the database connections can carry. More wait a moment, then are refused with
 * 429: at saturation a quick refusal keeps the rest fast; in a growing queue all would time out. A request enters when
 * all of it has arrived: one whose body never ends holds a connection, but no place. When draining, no new request is admitted.
 */
@Injectable()
export class Admission {
  readonly #identified: Places;
  readonly #unidentified = placesFor(UNIDENTIFIED);
  #isDraining = false;

  constructor(@Inject(HTTP_SETTINGS) settings: HttpSettings) {
    this.#identified = placesFor(inFlightLimit(settings));
  }

  get underWay(): number {
    return this.#identified.taken;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** From now on every request is answered 503 `draining`; those under way go on. */
  drain(): void {
    this.#isDraining = true;
  }

  /** @throws ProblemError `draining`: also asked before a body is read, which would be in vain. */
  assertOpen(): void {
    if (this.#isDraining) throw draining();
  }

  /**
   * @param caller the principal, whose share of the places it counts to
   * @throws ProblemError `draining`, or `overloaded` after at most 250 ms
   */
  enter({ caller, isOperators = false }: { caller: string; isOperators?: boolean }): Slot | Promise<Slot> {
    this.assertOpen();
    return this.#identified.enter(caller, isOperators ? KEPT_FOR_OPERATORS : 0);
  }

  /** For public routes, and while it is found out who calls. @throws ProblemError `overloaded` after at most 250 ms */
  enterUnidentified(address: string): Slot | Promise<Slot> {
    return this.#unidentified.enter(address);
  }
}

/** As many requests may wait as may be under way. */
function placesFor(limit: number): Places {
  const refusal = (): ProblemError => new ProblemError('overloaded', 'Server overloaded. Retry after Retry-After.');
  return new Places({ limit, maxWaiting: limit, maxWaitMs: MAX_WAIT_MS, refusal });
}

function draining(): ProblemError {
  const detail = 'The server is shutting down. Retry on a new connection.';
  return new ProblemError('draining', detail, { headers: { connection: 'close' } });
}
