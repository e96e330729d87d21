// npm run pack:kernel   writes the kernel as a package for another application: .cache/waybill-<version>.tgz
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildIfStale, root } from './build-if-stale.mjs';
import { writeKernelPackage } from './kernel-package.mjs';

await buildIfStale();
const cache = join(root, '.cache');
writeKernelPackage(join(cache, 'kernel-package'));
const [{ filename }] = JSON.parse(
  execFileSync('npm', ['pack', '--json', './kernel-package'], { cwd: cache, encoding: 'utf8' }),
);
console.log(`Install it in your application: npm install ${join(cache, filename)}`);
