/** Where class-transformer keeps what `@Type` was told; the package types it only under another path. */
declare module 'class-transformer/cjs/storage.js' {
  interface TypeMetadata {
    readonly reflectedType: unknown;
    typeFunction(): unknown;
  }
  export const defaultMetadataStorage: {
    findTypeMetadata(target: unknown, property: string): TypeMetadata | undefined;
    findTransformMetadatas(target: unknown, property: string, direction: number): readonly unknown[];
    findExposeMetadata(target: unknown, property: string): unknown;
  };
}
