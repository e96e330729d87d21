import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LogEpoch } from '../event-log/epoch.js';
import { Secrets } from '../database/secrets.js';

/** What a client has seen of the log. */
export interface SeenState {
  readonly epoch: string;
  /** Everything up to this position; 0 if unknown. */
  readonly position: number;
  /** This event as well (`kernel.events.id`), which may not have a position yet; 0 for none. */
  readonly eventId: number;
}

/** Not one of our tokens, or of a state that this log hasn't reached. */
export class ConsistencyTokenInvalid extends Error {
  readonly code = 'consistency-token-invalid';

  constructor() {
    super(
      'This consistency token is not one that this service gave. Send the latest one you were given, unchanged, or none.',
    );
  }
}

const SIGNATURE_BYTES = 16;
const BODY_BYTES = 32;

/** Opaque, authenticated tokens: epoch (16 bytes), position and event id (8 each), HMAC-SHA-256 cut to 16 bytes. */
@Injectable()
export class ConsistencyTokens {
  #key: KeyObject | undefined;

  constructor(
    private readonly secrets: Secrets,
    private readonly epoch: LogEpoch,
  ) {}

  /** Reads the key, which replicas share. Called at start. */
  async open(): Promise<void> {
    this.#key = createSecretKey(await this.secrets.get('token'));
  }

  /** The token of a command whose last event has this `kernel.events.id`. */
  forEvent(eventId: number): string {
    return this.issue({ epoch: this.epoch.current, position: 0, eventId });
  }

  issue(seen: SeenState): string {
    const body = Buffer.alloc(BODY_BYTES);
    Buffer.from(seen.epoch.replaceAll('-', ''), 'hex').copy(body);
    body.writeBigUInt64BE(BigInt(seen.position), 16);
    body.writeBigUInt64BE(BigInt(seen.eventId), 24);
    return Buffer.concat([body, this.#sign(body)]).toString('base64url');
  }

  /** @throws ConsistencyTokenInvalid for anything that wasn't issued here. */
  parse(token: string): SeenState {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== BODY_BYTES + SIGNATURE_BYTES || bytes.toString('base64url') !== token)
      throw new ConsistencyTokenInvalid();
    const body = bytes.subarray(0, BODY_BYTES);
    if (!timingSafeEqual(bytes.subarray(BODY_BYTES), this.#sign(body))) throw new ConsistencyTokenInvalid();
    const hex = body.toString('hex', 0, 16);
    return {
      epoch: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'),
      position: Number(body.readBigUInt64BE(16)),
      eventId: Number(body.readBigUInt64BE(24)),
    };
  }

  #sign(body: Buffer): Buffer {
    if (this.#key === undefined) throw new Error('The token key is not read yet: it is read at start.');
    return createHmac('sha256', this.#key).update(body).digest().subarray(0, SIGNATURE_BYTES);
  }
}
