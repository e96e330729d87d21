interface Change {
  readonly from: string;
  readonly to: string;
}

interface Sabotaging {
  readonly code: readonly (Change & { readonly file: string })[];
  readonly functions: readonly (Change & { readonly of: string })[];
}

export const sabotages: Readonly<
  Record<
    | 'reader-by-id'
    | 'forgets-gaps'
    | 'acknowledges-before-commit'
    | 'unfenced'
    | 'notified-only'
    | 'checkpoint-apart'
    | 'trusts-its-memory'
    | 'old-layout'
    | 'mixes-releases'
    | 'wall-clock'
    | 'believes-future-times'
    | 'insists-on-slow-events',
    Sabotaging
  >
>;
