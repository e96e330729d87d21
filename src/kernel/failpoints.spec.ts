import { spawnSync } from 'node:child_process';
import { FAILPOINTS, armFailpoints, failpoint, isFailpointPlan } from './failpoints.js';

afterEach(() => armFailpoints(''));

it('a failpoint that isn’t armed is nothing at all', () => {
  expect(failpoint('cmd.before-commit')).toBeUndefined();
  armFailpoints('sub.before-commit=throw:40001');
  expect(failpoint('cmd.before-commit')).toBeUndefined();
});

it('a failpoint happens at the passing that was asked for, and once', async () => {
  armFailpoints('cmd.before-commit=throw:40001@2');
  expect(failpoint('cmd.before-commit')).toBeUndefined();
  await expect(failpoint('cmd.before-commit')).rejects.toMatchObject({ code: '40001', severity: 'ERROR' });
  expect(failpoint('cmd.before-commit')).toBeUndefined();
});

it('an error that isn’t the database’s has no code', async () => {
  armFailpoints('sub.after-handler=throw:error');
  await expect(failpoint('sub.after-handler')).rejects.not.toHaveProperty('code');
});

it('a delay keeps only what passes; a block keeps the process', async () => {
  armFailpoints('cmd.before-commit=delay:30;sub.before-commit=block:30');
  let turned = false;
  setImmediate(() => (turned = true));
  await failpoint('cmd.before-commit');
  expect(turned).toBe(true);
  turned = false;
  setImmediate(() => (turned = true));
  await failpoint('sub.before-commit');
  expect(turned).toBe(false);
});

it.each(['cmd.before-commit', 'nothing.there=kill', 'cmd.before-commit=explode', 'cmd.before-commit=kill@0'])(
  '%s is refused with what there is',
  (plan) => {
    expect(isFailpointPlan(plan)).toBe(false);
    expect(() => armFailpoints(plan)).toThrow(FAILPOINTS[0]);
  },
);

it('a kill leaves no time for anything', () => {
  const script = `
    import './test/support/typescript.mjs';
    const { armFailpoints, failpoint } = await import('./src/kernel/failpoints.ts');
    armFailpoints('cmd.before-commit=kill');
    process.on('exit', () => console.log('said goodbye'));
    await failpoint('cmd.before-commit');
    console.log('went on');`;
  const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect({ signal, stdout }).toEqual({ signal: 'SIGKILL', stdout: '' });
});
