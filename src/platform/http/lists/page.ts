/** One page of a list as a query answers it; the HTTP side adds `asOf` and `Link: rel="next"`. */
export class Page<T> {
  readonly page: { readonly next: string | null; readonly limit: number };

  /** @param next the cursor of the following page; null on the last one */
  constructor(
    readonly data: readonly T[],
    limit: number,
    next: string | null = null,
  ) {
    this.page = { next, limit };
  }
}
