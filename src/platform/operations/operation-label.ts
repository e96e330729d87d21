const SUFFIX = /(?::[0-9a-f]{8}-[0-9a-f-]{27}| as [a-z]+)$/i;

/**
 * What an operation is called, whatever it was about and in whatever capacity it was sent: a reaction is run as
 * `<subscription>:<event id>`, a request with an idempotency key as `<method> <route> as <capacity>`.
 */
export function operationLabel(operation: string): string {
  return operation.replace(SUFFIX, '');
}
