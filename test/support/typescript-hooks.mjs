// Lets Node import the sources as they are, without a build: jest's global set-up runs outside of jest's own transform.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

/** `./x.js` means `./x.ts` where that exists; the doors (`#config`) lead to `src` by their `source` condition. */
export function resolve(specifier, context, nextResolve) {
  const conditions = [...context.conditions, 'source'];
  if (/^\.{1,2}\/.*\.js$/.test(specifier)) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (source.protocol === 'file:' && existsSync(source)) return nextResolve(source.href, { ...context, conditions });
  }
  return nextResolve(specifier, { ...context, conditions });
}

export function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const filename = fileURLToPath(url);
  const { code } = transformSync(readFileSync(filename, 'utf8'), { filename });
  return { format: 'module', source: code, shortCircuit: true };
}
