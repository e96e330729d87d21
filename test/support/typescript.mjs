// `node --import ./test/support/typescript.mjs some.ts`, or imported first: TypeScript sources run as they are.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
