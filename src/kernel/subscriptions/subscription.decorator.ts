import { SetMetadata } from '@nestjs/common';
import { PERMANENT_NAME } from '../domain/permanent-name.js';

export const SUBSCRIPTION_METADATA = 'waybill:subscription';

export interface SubscriptionOptions {
  /** Where it starts in a log that has events already. Default `now`: an effect such as a mail isn't wanted for history. */
  readonly startFrom?: 'beginning' | 'now';
  /** Into how many partitions, by stream, it starts. Default 8; 1 keeps the order of the whole log. */
  readonly partitions?: number;
  /** How long one event may take, in ms. Then what it has done is rolled back, and it is tried again later. Default 60 s. */
  readonly timeoutMs?: number;
}

export interface SubscriptionDeclaration extends SubscriptionOptions {
  readonly name: string;
}

/**
 * Gives an `@EventsHandler` class its permanent name: the name is its checkpoint. Without it the name follows the class,
 * and renaming the class begins a new subscription.
 */
export function Subscription(name: string, options: SubscriptionOptions = {}): ClassDecorator {
  if (!PERMANENT_NAME.test(name)) {
    throw new Error(
      `"${name}" is no subscription name. Write <context>.<effect-in-kebab>, such as 'ordering.notify-customer'.`,
    );
  }
  return SetMetadata(SUBSCRIPTION_METADATA, { name, ...options } satisfies SubscriptionDeclaration);
}
