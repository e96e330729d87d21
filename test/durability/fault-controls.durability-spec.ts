import { CONTROLS, runControl } from '../support/faults/controls.js';
import { CALM_PATIENCE_MS, FaultRig } from '../support/faults/fault-rig.js';
import { chaos } from '../support/seed.js';

/** Limits on what hangs: a cycle takes some 7 s on a machine that has nothing else to do. */
const CYCLE_MS = 120_000;
const START_MS = 120_000;

describe('the rig (controls) catches', () => {
  it(
    'a server that is silent in calm',
    async () => {
      const rig = await FaultRig.start();
      try {
        const { violations } = await rig.calm(0, { kind: 'pause', target: 'api-1', ms: CALM_PATIENCE_MS + 2_000 });
        expect(violations).toContainEqual(expect.stringMatching(/^I16: 0 at/));
      } finally {
        await rig.stop();
      }
    },
    START_MS + CYCLE_MS,
  );

  it.each(CONTROLS)(
    '$without',
    async (control) => {
      const { seed } = chaos(control.without);
      const { found } = await runControl(control, seed);
      expect(found).toContainEqual(expect.stringMatching(control.caught));
    },
    START_MS + 5 * CYCLE_MS,
  );
});
