/** The result of one check. */
export interface Finding {
  readonly state: 'ok' | 'warning' | 'failure';
  /** What was found, in a line. */
  readonly what: string;
  /** What to do; only where something is to be done. */
  readonly remedy?: string | undefined;
}

export function ok(what: string): Finding {
  return { state: 'ok', what };
}

export function warning(what: string, remedy: string): Finding {
  return { state: 'warning', what, remedy };
}

export function failure(what: string, remedy: string): Finding {
  return { state: 'failure', what, remedy };
}
