import type { Configuration } from './configuration.js';
import { namedSettings } from './configuration.js';

/** The settings in force, one `VARIABLE=value` a line, with passwords masked: for logs, `/info` and bug reports. */
export function printedConfiguration(configuration: Configuration): string[] {
  const sections = configuration as unknown as Record<string, Record<string, unknown>>;
  return namedSettings.map(({ sectionKey, key, variable, setting }) => {
    const value = sections[sectionKey]?.[key];
    const written = value === undefined ? '' : setting.write(value);
    return `${variable}=${setting.masked ? maskedUrl(written) : written}`;
  });
}

/** A URL with `***` for its password and without its query, which may hold one too. */
export function maskedUrl(url: string): string {
  if (!URL.canParse(url)) return url ? '***' : '';
  const parsed = new URL(url);
  if (parsed.password) parsed.password = '***';
  parsed.search = '';
  return parsed.toString();
}
