/**
 * A result as it is stored under a key and given back to each repeat of it: JSON, and null for undefined.
 *
 * @throws TypeError for what JSON can't hold, with the field.
 */
export function resultBody(operation: string, result: unknown): string {
  try {
    return JSON.stringify(result ?? null);
  } catch (error) {
    const { path, what } = unstorableIn(result, 'result', new Set()) ?? { path: 'result', what: String(error) };
    throw new TypeError(
      `The result of ${operation} can't be stored under its idempotency key: ${path} is ${what}. Return plain data.`,
      { cause: error },
    );
  }
}

function unstorableIn(
  value: unknown,
  path: string,
  above: ReadonlySet<unknown>,
): { readonly path: string; readonly what: string } | undefined {
  if (typeof value === 'bigint') return { path, what: 'a bigint' };
  if (typeof value !== 'object' || value === null) return undefined;
  if (above.has(value)) return { path, what: 'a circular reference' };
  const within = new Set([...above, value]);
  for (const [key, inner] of Object.entries(value)) {
    const found = unstorableIn(inner, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, within);
    if (found !== undefined) return found;
  }
  return undefined;
}
