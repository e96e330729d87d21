/**
 * Which text is taken from outside. The source is the FreeformClass of PRECIS (RFC 8264 §4.3), which the Nickname
 * profile (RFC 8266) uses for the names that people choose: letters, marks, digits, symbols, punctuation and spaces of
 * every script; no controls, no ignorable (invisible) characters, no private use, nothing unassigned. Bidirectional
 * controls are among the ignorable ones, so that no text can show itself in another order than it has.
 *
 * Some ignorable characters change the display of others, and names can't be written without them: they are taken where they
 * have that effect, as UAX #31 §2.3 (joiners in words), UTS #51 (emoji) and the Ideographic Variation Database have it.
 * RFC 8264 admits joiners by narrower rules, which refuse usual spellings (a Bengali joiner before a virama) and families
 * in emoji.
 */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const INVISIBLE_BUT_LINES = /[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** Scripts whose letters the joiners (ZWNJ, ZWJ) shape: those that join like Arabic, and the Brahmic ones. */
const SHAPED_SCRIPTS =
  'Adlm Arab Mand Mani Mong Nkoo Phag Rohg Syrc ' +
  'Bali Beng Cakm Deva Gujr Guru Java Khmr Knda Mlym Mymr Newa Orya Sinh Sund Taml Telu Tibt';
const SHAPED = SHAPED_SCRIPTS.split(' ').map((script) => String.raw`\p{scx=${script}}`);
const SHAPED_LETTER = String.raw`[[${SHAPED.join('')}]&&[\p{L}\p{M}]]`;

/** Ignorable characters where they are seen by their effect. Each stands right after what it changes, and only once. */
const EFFECTIVE = new RegExp(
  [
    String.raw`(?<=${SHAPED_LETTER})[\u200C\u200D]`,
    String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D(?=\p{Extended_Pictographic})`,
    String.raw`(?<=\p{Emoji})[\uFE0E\uFE0F]`, // shown as a sign or as a picture
    String.raw`\p{RGI_Emoji_Tag_Sequence}`, // the flags of England, Scotland and Wales
    String.raw`(?<=\p{Script=Han})[\uFE00-\uFE02\u{E0100}-\u{E01EF}]`, // the form of a character that a family uses
    String.raw`(?<=\p{Script=Mong})[\u180B-\u180F]`, // the form of a letter, and what parts a last vowel
  ].join('|'),
  'gv',
);

/** Most text: ASCII without blanks at its ends, one unit per character. Saves the tables of the rest. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;
/** More marks on one letter than any script needs. */
const STACKED_MARKS = /\p{M}{9}/u;
const NOT_ASCII = /[^\0-\x7f]/;
/** A character (two units at most) that composition makes of four, as in Greek, is the longest way there. */
const MOST_UNITS_PER_CHARACTER = 8;

export interface TextLimits {
  /** Most characters (code points). */
  readonly max: number;
  /** Fewest characters; default 1. */
  readonly min?: number;
  /** Line breaks and tabs are allowed; default: no. */
  readonly lines?: boolean;
}

/**
 * Text that a person can read and a store can keep: trimmed, without invisible characters. It is judged and counted in
 * Unicode normal form C, in which it is stored: composition may lengthen a text, and what is stored must be taken again.
 */
export function isText(value: unknown, { max, min = 1, lines = false }: TextLimits): value is string {
  if (typeof value !== 'string' || value.length > max * MOST_UNITS_PER_CHARACTER) return false;
  if (PLAIN.test(value)) return value.length >= min && value.length <= max;
  if (stacksMarks(value)) return false;
  const text = value.normalize('NFC');
  const length = Array.from(text).length;
  return length >= min && length <= max && isVisible(text, lines);
}

/**
 * Whether a text has more marks in a row than any script needs. To be asked before it is composed: putting marks into their
 * canonical order takes time that grows with the square of their number. UAX #15 bounds it at 30 for this reason (D3, stream-safe text).
 */
export function stacksMarks(text: string): boolean {
  return NOT_ASCII.test(text) && STACKED_MARKS.test(text);
}

function isVisible(text: string, lines: boolean): boolean {
  if (text !== text.trim() || STACKED_MARKS.test(text)) return false;
  const invisible = lines ? INVISIBLE_BUT_LINES : INVISIBLE;
  return !invisible.test(text) || !invisible.test(text.replace(EFFECTIVE, ''));
}
