/** Who caused something. Customers and staff are people, a service is another system, the system is Waybill itself. */
export interface Actor {
  readonly type: 'customer' | 'staff' | 'service' | 'system';
  readonly id: string;
}

/** What the log knows about an event besides its payload. */
export interface EventMeta {
  /** UUIDv7, the event's identity for the outside. */
  readonly eventId: string;
  /** The id inside the log: ascending inside a stream, with gaps, not in commit order. */
  readonly id: number;
  /** The place in the log: dense, given after commit. Absent while the event is not committed yet (inline views). */
  readonly position?: number;
  /** `<context>.<aggregate>:<id>` */
  readonly stream: string;
  /** 1 for the first event of the stream. */
  readonly version: number;
  /** The permanent name, such as `ordering.order-placed`. */
  readonly name: string;
  /** RFC 3339, the database's clock. */
  readonly recordedAt: string;
  /** RFC 3339, the application's clock when the command ran. */
  readonly occurredAt: string;
  readonly commandId: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly actor: Actor;
  readonly tenant: string;
  /** Imported history of another system: no customer is notified of it. */
  readonly imported: boolean;
  readonly traceparent?: string;
  /** How many commands lie between a client's request and this event; capped, so that no ping-pong is endless. */
  readonly causationDepth: number;
}
