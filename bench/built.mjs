/** A module of the built project. Imported late: the bench builds first what is stale. */
export function built(path) {
  return import(new URL(`../dist/${path}`, import.meta.url).href);
}
