// What `waybill rebuild <name>` does, with the rig's own views: node rebuild.mjs <name>... Begins at a line on stdin, and
// ends with 3 where it is refused.
import 'reflect-metadata';
import { once } from 'node:events';
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url, { data: { sabotage: process.env.RIG_SABOTAGE } });

const { loadConfiguration } = await import('../../../dist/config/index.js');
const { boot } = await import('../../../dist/boot.js');
const { ProjectionRebuild } = await import('../../../dist/kernel/projections/projection-rebuild.js');
const { RigModule } = await import('./rig-module.ts');

const REFUSED = 3;
const options = { serves: 'nothing', runSubscriptions: false, toleratesOutdatedViews: true, modules: [RigModule] };
const waybill = await boot(loadConfiguration(), options);
console.log('ready to rebuild');
await once(process.stdin, 'data');
process.stdin.pause();
try {
  for (const name of process.argv.slice(2)) {
    await waybill.app.get(ProjectionRebuild).rebuild(name);
    console.log(`rebuilt ${name}`);
  }
} catch (error) {
  console.log(String(error));
  process.exitCode = REFUSED;
}
await waybill.stop();
process.exit();
