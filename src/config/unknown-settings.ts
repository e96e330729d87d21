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
 * other programs too, only names that resemble a setting of Waybill.
 */
export function unknownSettings(environment: Environment, file: SettingsFile): string[] {
  const inFile = unknownIn(file.variables);
  const inEnvironment = unknownIn(environment).filter((variable) => !inFile.includes(variable));
  return [
    ...inFile.map((variable) => warning(file.name, variable, nearest(variable))),
    ...inEnvironment.flatMap((variable) => {
      const guess = meant(variable);
      return guess === undefined ? [] : [warning('The environment', variable, guess)];
    }),
  ];
}

function unknownIn(variables: Environment): string[] {
  return Object.keys(variables).filter((variable) => !KNOWN.includes(variable));
}

function warning(place: string, variable: string, guess: string | undefined): string {
  const question = guess === undefined ? '' : ` Did you mean ${guess}?`;
  return `${place} sets ${variable}, which is no setting of Waybill.${question}`;
}

/** The setting that a name of the environment was surely meant for. */
function meant(variable: string): string | undefined {
  const isGuessed = variable.length >= SHORTEST_GUESSED && !OF_OTHERS.has(variable.toUpperCase());
  return isGuessed ? nearest(variable) : respelt(variable);
}

function nearest(variable: string): string | undefined {
  return respelt(variable) ?? closestMatch(variable.toUpperCase(), KNOWN, { maxDistance: SLIPS });
}

/** The setting with the same letters and digits, in whatever case and with whatever between them. */
function respelt(variable: string): string | undefined {
  return KNOWN.find((known) => letters(known) === letters(variable));
}

function letters(name: string): string {
  return name.replaceAll(/[^a-z0-9]/gi, '').toUpperCase();
}
