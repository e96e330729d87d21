import { Injectable, type Type } from '@nestjs/common';

export interface ChronicleEntry {
  readonly handler: string;
  readonly event: object;
}

/** Which handler was given which event, in order. */
@Injectable()
export class Chronicle {
  readonly entries: ChronicleEntry[] = [];

  write(handler: Type<object>, event: object): void {
    this.entries.push({ handler: handler.name, event });
  }

  /** What happened in the story of one dragon or thing. */
  of(subject: string): ChronicleEntry[] {
    return this.entries.filter(({ event }) => Object.values(event).includes(subject));
  }
}
