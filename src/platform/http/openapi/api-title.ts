/** What an API calls itself. */
export interface ApiTitle {
  readonly title: string;
  /** One sentence. */
  readonly description: string;
  /** Of its routes: `1`. */
  readonly version: string;
}

export const API_TITLE = Symbol('API_TITLE');
