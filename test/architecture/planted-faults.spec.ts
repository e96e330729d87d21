import { plantedFaults } from '../mutants/faults/index.js';
import { EditDoesNotApply, edited, plantedTexts, type PlantedFault } from '../mutants/planted-fault.js';
import { exists, expectNone, read } from './source-tree.js';

function problemOf(fault: PlantedFault): string | undefined {
  try {
    plantedTexts(fault, (file) => (exists(file) ? read(file) : ''));
    return undefined;
  } catch (error) {
    return (error as EditDoesNotApply).message;
  }
}

describe('a planted fault', () => {
  it('edits text that is in the code exactly once', () => {
    const stale = plantedFaults.flatMap((fault) => {
      const problem = problemOf(fault);
      return problem === undefined ? [] : [`${fault.name} ${problem}`];
    });
    expectNone(
      stale,
      'The code has changed: change the fault in test/mutants/faults so that it breaks the same again.',
    );
  });

  it('has a name of its own and names specs that exist', () => {
    const names = plantedFaults.map(({ name }) => name);
    expectNone(
      names.filter((name, index) => names.indexOf(name) !== index || !/^[a-z0-9]+(-[a-z0-9]+)+$/.test(name)),
      'Name it in kebab-case, and differently from the others.',
    );
    const missing = plantedFaults.filter(({ specs }) => specs.length === 0 || !specs.every(exists));
    expectNone(
      missing.map(({ name, specs }) => `${name}: ${specs.join(', ')}`),
      'Name the spec files that should notice it.',
    );
  });

  it('finds its text whatever the white space, and refuses one that occurs twice', () => {
    const edit = { file: 'x.ts', find: 'a  b', replace: '$&' };
    expect(edited('(a\n  b)', edit)).toBe('($&)');
    for (const text of ['ab', 'a b a b']) expect(() => edited(text, edit)).toThrow(EditDoesNotApply);
  });
});
