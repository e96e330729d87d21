import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './build-if-stale.mjs';

/** Folders that the map shows as one box. */
const BOXES = '^src/(contexts/[^/]+|kernel|platform|app|shared|config)';
/** What starts and wires everything knows everything, which says nothing. */
const LEFT_OUT = '\\.spec\\.ts$|^src/(cli/|[^/]+\\.ts$)';

/** The page that shows which part of the sources knows which other, drawn from the imports as they are. */
export async function moduleMapPage() {
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const what = ['src', '--include-only', '^src/', '--exclude', LEFT_OUT];
  const how = ['--config', '.dependency-cruiser.cjs', '--output-type', 'mermaid', '--collapse', BOXES];
  const { stdout } = await promisify(execFile)(process.execPath, [cruiser, ...what, ...how], { cwd: root });
  return [
    '# Module map',
    'Generated from the imports in `src` by `npm run docs`; don\'t edit it here. An arrow means "knows".\nContexts know each other by their contracts only. `src/app.module.ts`, the start and the command line know all of it.',
    `\`\`\`mermaid\n${stdout.trim()}\n\`\`\``,
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n');
}
