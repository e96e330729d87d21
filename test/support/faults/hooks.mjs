// Lets the built program import the rig's own TypeScript, and takes one protection out of it where a control asks for it.
import { existsSync } from 'node:fs';
import { load as loadTypeScript } from '../typescript-hooks.mjs';
import { sabotages } from './sabotages.mjs';

let sabotaged = [];

export function initialize({ sabotage }) {
  if (sabotage) sabotaged = sabotages[sabotage].code;
}

/** The rig's files import each other as TypeScript does; the program's are the built ones. */
export function resolve(specifier, context, nextResolve) {
  const isOurs = context.parentURL?.endsWith('.ts') && specifier.startsWith('.');
  const source = isOurs ? new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL) : undefined;
  return nextResolve(source && existsSync(source) ? source.href : specifier, context);
}

export async function load(url, context, nextLoad) {
  const loaded = await loadTypeScript(url, context, nextLoad);
  const changes = sabotaged.filter(({ file }) => url.endsWith(file));
  if (changes.length === 0) return loaded;
  let source = String(loaded.source);
  for (const { file, from, to } of changes) {
    if (!source.includes(from)) throw new Error(`${file} has changed: "${from}" isn't there. Make the control anew.`);
    source = source.replaceAll(from, () => to);
  }
  return { ...loaded, source };
}
