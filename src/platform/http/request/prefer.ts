/** What the client prefers (RFC 7240); what isn't understood is ignored, as the RFC wants. */
export interface Preferences {
  /** `wait=N`, at most the limit. */
  readonly waitSeconds: number | undefined;
  /** `handling=strict` */
  readonly isStrict: boolean;
  /** `respond-async` */
  readonly isAsync: boolean;
}

const NONE: Preferences = { waitSeconds: undefined, isStrict: false, isAsync: false };
const WAIT = /^wait="?(\d{1,6})"?$/;
const ASYNC = 'respond-async';
const HANDLING = /^handling="?(strict|lenient)"?$/;

/** The first of two contradicting preferences counts. */
export function preferencesOf(header: string | undefined, maxWaitSeconds: number): Preferences {
  if (header === undefined) return NONE;
  let waitSeconds: number | undefined;
  let handling: string | undefined;
  let isAsync = false;
  for (const part of header.toLowerCase().split(',')) {
    const preference = part.split(';', 1)[0]!.replaceAll(/\s/g, '');
    const wait = WAIT.exec(preference)?.[1];
    if (wait !== undefined) waitSeconds ??= Math.min(Number(wait), maxWaitSeconds);
    handling ??= HANDLING.exec(preference)?.[1];
    isAsync ||= preference === ASYNC;
  }
  return { waitSeconds, isStrict: handling === 'strict', isAsync };
}
