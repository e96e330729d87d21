import { closestMatch } from 'leven';
import { namedSettings, type Environment } from './configuration.js';

/** A file of settings, beside the environment. */
export interface SettingsFile {
  /** For the texts. */
  readonly name: string;
  readonly variables: Environment;
}

const KNOWN = namedSettings.map(({ variable }) => variable);
/** Wrong, missing or additional letters that still count as the same name. */
const SLIPS = 2;
/** Shorter names are near to too many others: HOME is two letters from HOST. */
const SHORTEST_GUESSED = 8;
/** Variables of other programs that are near to ours. */
const OF_OTHERS = new Set(['HTTP_PROXY', 'HTTPS_PROXY']);

/**
 * What is set and means nothing, one text each: in a file every name that is no setting, in the environment, which belongs to
 * other programs too, names that look like one of ours alone.
 */
export function unknownSettings(environment: Environment, file: SettingsFile): string[] {
  const inFile = Object.keys(file.variables).filter((variable) => !KNOWN.includes(variable));
  const inEnvironment = Object.keys(environment).filter(
    (variable) => !KNOWN.includes(variable) && !inFile.includes(variable),
  );
  return [
    ...inFile.map(
      (variable) => `${file.name} sets ${variable}, which is no setting of Waybill.${question(meant(variable))}`,
    ),
    ...inEnvironment.flatMap((variable) => {
      const guess = meant(variable);
      return guess === undefined
        ? []
        : [`The environment sets ${variable}, which is no setting of Waybill.${question(guess)}`];
    }),
  ];
}

function question(guess: string | undefined): string {
  return guess === undefined ? '' : ` Did you mean ${guess}?`;
}

/** The setting that such a name was probably meant for. */
function meant(variable: string): string | undefined {
  const same = KNOWN.find((known) => letters(known) === letters(variable));
  if (same !== undefined || OF_OTHERS.has(variable.toUpperCase()) || variable.length < SHORTEST_GUESSED) return same;
  return closestMatch(variable.toUpperCase(), KNOWN, { maxDistance: SLIPS });
}

function letters(name: string): string {
  return name.replaceAll(/[^a-z0-9]/gi, '').toUpperCase();
}
