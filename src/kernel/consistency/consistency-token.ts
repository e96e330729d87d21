import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LogEpoch } from '../event-log/epoch.js';
import type { EventRef } from '../event-log/sql/position-of-event.js';
import { Secrets } from '../database/secrets.js';

/** What a client has seen of the log. */
export interface SeenState {
  readonly epoch: string;
  /** Everything up to this position; 0 if unknown. */
  readonly position: number;
  /** This event as well, which may not have a position yet. */
  readonly event?: EventRef | undefined;
}

/** Not one of our tokens, or of a state that this log hasn't reached. */
export class ConsistencyTokenInvalid extends Error {
  readonly code = 'consistency-token-invalid';

  constructor() {
    super(
      'The consistency token was not issued by this server. Send the latest token you received, unchanged, or none.',
    );
  }
}

const SIGNATURE_BYTES = 16;
const BODY_BYTES = 48;
const UUID_BYTES = 16;

/**
 * Opaque, authenticated tokens: epoch (16 bytes), position and event id (8 each), UUID of the event (16; all three 0 for none),
 * HMAC-SHA-256 cut to 16 bytes. The id finds the event, the UUID shows whether it is still the same one.
 */
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

  /** The token of a command whose last event this is. */
  forEvent({ id, eventId }: EventRef): string {
    return this.issue({ epoch: this.epoch.current, position: 0, event: { id, eventId } });
  }

  issue(seen: SeenState): string {
    const body = Buffer.alloc(BODY_BYTES);
    writeUuid(body, seen.epoch, 0);
    body.writeBigUInt64BE(BigInt(seen.position), 16);
    if (seen.event !== undefined) {
      body.writeBigUInt64BE(BigInt(seen.event.id), 24);
      writeUuid(body, seen.event.eventId, 32);
    }
    return Buffer.concat([body, this.#sign(body)]).toString('base64url');
  }

  /** @throws ConsistencyTokenInvalid for anything that wasn't issued here. */
  parse(token: string): SeenState {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== BODY_BYTES + SIGNATURE_BYTES || bytes.toString('base64url') !== token)
      throw new ConsistencyTokenInvalid();
    const body = bytes.subarray(0, BODY_BYTES);
    if (!timingSafeEqual(bytes.subarray(BODY_BYTES), this.#sign(body))) throw new ConsistencyTokenInvalid();
    const id = Number(body.readBigUInt64BE(24));
    return {
      epoch: readUuid(body, 0),
      position: Number(body.readBigUInt64BE(16)),
      ...(id === 0 ? {} : { event: { id, eventId: readUuid(body, 32) } }),
    };
  }

  /** The token of who has seen what both of these have, which must be of this service; of two logs the second one's. */
  joined(first: string | undefined, second: string): string {
    if (first === undefined) return second;
    const [a, b] = [this.parse(first), this.parse(second)];
    if (a.epoch !== b.epoch) return second;
    const event = (a.event?.id ?? 0) > (b.event?.id ?? 0) ? a.event : b.event;
    return this.issue({ epoch: b.epoch, position: Math.max(a.position, b.position), event });
  }

  #sign(body: Buffer): Buffer {
    if (this.#key === undefined) throw new Error('The token key is not read yet: it is read at start.');
    return createHmac('sha256', this.#key).update(body).digest().subarray(0, SIGNATURE_BYTES);
  }
}

function writeUuid(to: Buffer, uuid: string, at: number): void {
  Buffer.from(uuid.replaceAll('-', ''), 'hex').copy(to, at);
}

function readUuid(from: Buffer, at: number): string {
  const hex = from.toString('hex', at, at + UUID_BYTES);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
