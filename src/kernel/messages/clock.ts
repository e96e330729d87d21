import { Injectable } from '@nestjs/common';

/** The application's time. Injected everywhere, so that tests can set it; the database's clock decides leases. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}
