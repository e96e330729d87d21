import type { Setting } from './setting.js';

export type SettingsOf<V> = { readonly [Key in keyof V]: Setting<V[Key]> };

/** Settings that belong together, under one key of the configuration and one prefix of variables. */
export interface Section<V> {
  readonly prefix: string;
  readonly about: string;
  readonly settings: SettingsOf<V>;
}

export type Values<S> = S extends Section<infer V> ? { readonly [Key in keyof V]: V[Key] } : never;

/** `section('HTTP', …, { bodyLimitBytes: … })` reads HTTP_BODY_LIMIT_BYTES; an empty prefix adds none. */
export function section<V>(prefix: string, about: string, settings: SettingsOf<V>): Section<V> {
  return { prefix, about, settings };
}

/** The variable that a key of a section is read from. */
export function variableOf(prefix: string, key: string, setting: Pick<Setting<unknown>, 'variable'>): string {
  const derived = key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return setting.variable ?? (prefix ? `${prefix}_${derived}` : derived);
}

/** Every setting of a schema with its variable, in the order of the schema. */
export function variablesOf(schema: Record<string, Section<never>>): NamedSetting[] {
  return Object.entries(schema).flatMap(([sectionKey, { prefix, settings }]) =>
    Object.entries(settings as Record<string, Setting<unknown>>).map(([key, setting]) => ({
      sectionKey,
      key,
      variable: variableOf(prefix, key, setting),
      setting,
    })),
  );
}

export interface NamedSetting {
  sectionKey: string;
  key: string;
  variable: string;
  setting: Setting<unknown>;
}
