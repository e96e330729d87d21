/** The text of whatever was thrown, short enough to be stored and shown. Never throws. */
export function errorText(error: unknown): string {
  return storable(anyText(error).slice(0, 2_000));
}

/** The stack of whatever was thrown, for the log. */
export function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}

function anyText(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'An error that has no text.';
  }
}

/** PostgreSQL stores neither NUL nor half a character (a lone surrogate), and refuses all that comes with it. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}
