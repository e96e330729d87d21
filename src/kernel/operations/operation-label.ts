const EVENT_SUFFIX = /:[0-9a-f]{8}-[0-9a-f-]{27}$/i;

/** What an operation is called, whatever it was about: a reaction is run as `<subscription>:<event id>`. */
export function operationLabel(operation: string): string {
  return operation.replace(EVENT_SUFFIX, '');
}
