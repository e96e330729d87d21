import { Inject, Injectable } from '@nestjs/common';
import { HTTP_SETTINGS, inFlightLimit, type HttpSettings } from '../app/http-settings.js';
import { ProblemError } from '../problems/problem-error.js';

/** How long a request may wait for its turn; longer would only be a slower refusal (05 §5). */
const MAX_WAIT_MS = 250;
/** Places that only operators get: whoever looks why a system is overloaded must not be refused because it is. */
const KEPT_FOR_OPERATORS = 4;

interface Waiting {
  readonly admit: (slot: AdmissionSlot) => void;
  readonly timer: NodeJS.Timeout;
}

/** A request's place among those under way; given back once, when its answer has left and its handler has ended. */
export class AdmissionSlot {
  #holders = 1;
  #isGivenBack = false;

  constructor(private readonly release: () => void) {}

  /** One more part of the request that keeps the place. */
  hold(): void {
    this.#holders += 1;
  }

  leave(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.giveBack();
  }

  /** Ends it before its holders leave: what they still wait for needs no place. */
  giveBack(): void {
    if (!this.#isGivenBack) this.release();
    this.#isGivenBack = true;
  }
}

/**
 * Limits the requests under way to what the database connections can carry. More wait a moment, then are refused with
 * 429: at saturation a quick no keeps the rest fast, where a growing queue would time everybody out. When draining,
 * nothing new is let in.
 */
@Injectable()
export class Admission {
  readonly #limit: number;
  readonly #waiting = new Set<Waiting>();
  #underWay = 0;
  #isDraining = false;

  constructor(@Inject(HTTP_SETTINGS) settings: HttpSettings) {
    this.#limit = inFlightLimit(settings);
  }

  get underWay(): number {
    return this.#underWay;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** From now on every request is answered 503 `draining`; those under way go on. */
  drain(): void {
    this.#isDraining = true;
  }

  /** @throws ProblemError `draining`, or `overloaded` after at most 250 ms */
  enter({ isOperators = false } = {}): AdmissionSlot | Promise<AdmissionSlot> {
    if (this.#isDraining) throw draining();
    if (this.#underWay < this.#limit + (isOperators ? KEPT_FOR_OPERATORS : 0)) return this.#admit();
    if (this.#waiting.size >= this.#limit) throw overloaded();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        admit: resolve,
        timer: setTimeout(() => {
          this.#waiting.delete(waiting);
          reject(overloaded());
        }, MAX_WAIT_MS),
      };
      this.#waiting.add(waiting);
    });
  }

  #admit(): AdmissionSlot {
    this.#underWay += 1;
    return new AdmissionSlot(() => this.#release());
  }

  #release(): void {
    this.#underWay -= 1;
    const [next] = this.#waiting;
    if (next === undefined || this.#underWay >= this.#limit) return;
    this.#waiting.delete(next);
    clearTimeout(next.timer);
    next.admit(this.#admit());
  }
}

function draining(): ProblemError {
  const detail = 'This server is shutting down. Send the request again on a new connection.';
  return new ProblemError('draining', detail, { headers: { connection: 'close' } });
}

function overloaded(): ProblemError {
  return new ProblemError(
    'overloaded',
    'As many requests as this server can finish in time are under way. Yours was not started.',
  );
}
