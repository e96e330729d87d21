import { namedSettings } from './configuration.js';
import { schema } from './schema.js';
import type { NamedSetting } from './section.js';

const REGENERATE = 'npm run docs';

/** `.env.example`: every variable, commented out, with what it does and its default. */
export function environmentExample(): string {
  const head = [
    '# Every setting, with its default. Copy to .env and change what you need.',
    `# Generated from src/config/schema.ts by ${REGENERATE}.`,
  ];
  const blocks = bySection().map(({ title, settings }) =>
    [`# --- ${title}`, ...settings.flatMap((named) => ['', ...exampleLines(named)])].join('\n'),
  );
  return `${[head.join('\n'), ...blocks].join('\n\n')}\n`;
}

/** `docs/reference/configuration.md`: the same as tables, aligned as prettier would. */
export function configurationPage(): string {
  const head = [
    '# Configuration',
    `Generated from \`src/config/schema.ts\` by \`${REGENERATE}\`; don't edit it here.`,
    'Settings are environment variables; a file `.env` in the working directory is read too, and the environment wins ' +
      'over it. An empty variable counts as unset. A wrong value stops the start with its name and what is allowed. Numbers ' +
      'are written without leading zeros, and nothing has spaces around it.',
    'The file is UTF-8, one `NAME=value` a line. A name in it that is not a setting, and a name in the environment that resembles ' +
      'one, are reported at the start and by `npm run waybill -- doctor`, with the setting that was probably meant.',
    'The embedded server is reached by what Waybill knows of it alone: `PGSSLMODE`, `PGOPTIONS` and the other variables of ' +
      'PostgreSQL’s clients count only with `DATABASE_URL`.',
  ];
  const blocks = bySection().flatMap(({ title, settings }) => [`## ${title}`, table(settings)]);
  return `${[...head, ...blocks].join('\n\n')}\n`;
}

function bySection(): { title: string; settings: NamedSetting[] }[] {
  return Object.entries(schema).map(([sectionKey, { about }]) => ({
    title: about,
    settings: namedSettings.filter((named) => named.sectionKey === sectionKey),
  }));
}

function exampleLines({ variable, setting }: NamedSetting): string[] {
  const inProduction = setting.whenUnsetInProduction;
  const shape = `# ${capitalised(setting.shape)}${inProduction === undefined ? '' : `; in production ${setting.write(inProduction)}`}.`;
  return [`# ${setting.about.replaceAll('`', '')}`, shape, `#${variable}=${setting.write(setting.whenUnset)}`];
}

function table(settings: readonly NamedSetting[]): string {
  const rows = [
    ['Variable', 'Default', 'Allowed', 'Meaning'],
    ...settings.map(({ variable, setting }) => [
      `\`${variable}\``,
      defaultCell(setting),
      capitalised(setting.shape),
      setting.about,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: string[]): string => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n');
}

function defaultCell(setting: NamedSetting['setting']): string {
  const { whenUnsetInProduction } = setting;
  const written = setting.write(setting.whenUnset);
  const cell = written === '' ? '–' : `\`${written}\``;
  return whenUnsetInProduction === undefined ? cell : `${cell}; production \`${setting.write(whenUnsetInProduction)}\``;
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
