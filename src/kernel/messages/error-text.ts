/** An error's text, short enough to be stored and shown. */
export function errorText(error: unknown): string {
  return storable((error instanceof Error ? error.message : String(error)).slice(0, 2_000));
}

/** PostgreSQL stores neither NUL nor half a character (a lone surrogate), and refuses all that comes with it. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}
