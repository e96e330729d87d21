import fc from 'fast-check';
import { isText } from './text-rule.js';

/** As people write them: with joiners between and after letters, marks, and the forms that families use. */
const NAMES: readonly (readonly [language: string, name: string])[] = [
  ['Arabic', 'محمد الأمين'],
  ['Persian', 'علی\u200cرضا میرزا\u200cخانی'],
  ['Kurdish', 'ئاوارە'],
  ['Urdu', 'محمد حُسین'],
  ['Pashto', 'ځلاند'],
  ['Uyghur', 'ئەركىن'],
  ['Hebrew', 'דָּוִד בן־גוריון'],
  ['Yiddish', 'ײִצחק'],
  ['Syriac', 'ܐܦܪܝܡ'],
  ['Hindi', 'श्रीमती क्\u200dषमा'],
  ['Marathi', 'रा\u200dव'],
  ['Nepali', 'प्र\u200dताप'],
  ['Bengali', 'র\u200d্যাফেল'],
  ['Punjabi', 'ਗੁਰਪ੍ਰੀਤ'],
  ['Gujarati', 'કૃષ્\u200cણ'],
  ['Odia', 'ସୁଭାଷ'],
  ['Tamil', 'க்\u200cஷேமா'],
  ['Telugu', 'రాజ్\u200cకుమార్'],
  ['Kannada', 'ರಾಜ್\u200cಕುಮಾರ್'],
  ['Malayalam', 'മോഹന്\u200dലാല്\u200d'],
  ['Sinhala', 'ශ්\u200dරී'],
  ['Burmese', 'အောင်ဆန်း'],
  ['Khmer', 'សុខ សំបូរ'],
  ['Thai', 'ณัฐวุฒิ'],
  ['Lao', 'ຄຳ'],
  ['Tibetan', 'བསྟན་འཛིན'],
  ['Mongolian', 'ᠪᠠᠲᠤ\u180b ᠨᠠ\u180eᠠ'],
  ['Amharic', 'ኃይለ ሥላሴ'],
  ['Georgian', 'ნინო'],
  ['Armenian', 'Արմեն'],
  ['Greek', 'Γιώργος'],
  ['Russian', 'Наталья'],
  ['Ukrainian', 'Лук’яненко'],
  ['Vietnamese', 'Nguyễn Thị Ánh'],
  ['Irish', 'Ó Súilleabháin'],
  ['Welsh', 'Siôn ap Gwilym'],
  ['Icelandic', 'Þórður'],
  ['Turkish', 'Işıl Çağ'],
  ['Azerbaijani', 'Əliyev'],
  ['Hawaiian', 'Kamehameha ʻEwa'],
  ['Yoruba', 'Ọlátúnjí'],
  ['Hausa', 'Ɗanladi'],
  ['Navajo', 'Łį́į́ʼ'],
  ['Maltese', 'Ħal Għargħur'],
  ['Chinese', '歐陽'],
  ['Japanese', '渡邊\u{e0100} さくら・ローレンス'],
  ['Korean', '김 민수'],
  ['Cherokee', 'ᏍᏏᏉᏯ'],
  ['Inuktitut', 'ᐃᓄᒃ'],
  ['N’Ko', 'ߛߟߍߓߊ߫'],
  ['Fulani in Adlam', '𞤀𞤣𞤤𞤢𞤥'],
];

describe('a text', () => {
  const fits = (value: unknown, limits: { max: number; min?: number; lines?: boolean } = { max: 10 }): boolean =>
    isText(value, limits);

  it.each(['Ada L.', 'Łódź', '東京', '👩🏽', 'naïve', '😀'.repeat(10)])('may be %s', (text) => {
    expect(fits(text)).toBe(true);
  });

  it.each(NAMES)('may be a name in %s: %s', (_language, name) => {
    expect(fits(name, { max: 200 })).toBe(true);
    expect(fits(name.normalize('NFD'), { max: 200 })).toBe(true);
  });

  it.each([
    ['a family', '👨\u200d👩\u200d👧'],
    ['a profession with a colour of skin', '🧔🏽\u200d♂️'],
    ['a flag of two signs', '🏳️\u200d🌈'],
    ['a flag spelt in tags', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'],
    ['a key', '1\ufe0f\u20e3'],
  ])('may be %s', (_name, text) => {
    expect(fits(text)).toBe(true);
  });

  it.each([
    ['joiner that joins nothing in Latin', 'Ad\u200da'],
    ['non-joiner in Cyrillic', 'Ан\u200cна'],
    ['joiner at the begin', '\u200dعلی'],
    ['joiner twice', 'عل\u200d\u200dی'],
    ['joiner after an emoji', '👩\u200d'],
    ['left-to-right mark', 'עדה\u200e'],
    ['right-to-left mark', 'עדה\u200f'],
    ['Arabic letter mark', 'علی\u061c'],
    ['isolate', '\u2067Ada\u2069'],
    ['word joiner', 'a\u2060b'],
    ['soft hyphen', 'Do\u00adnau'],
    ['invisible letter of Hangul', '\u3164'],
    ['grapheme joiner', 'a\u034fb'],
    ['selector of a form that there isn’t', 'a\ufe00'],
    ['hidden bytes in selectors', '😀\u{e0100}\u{e0101}'],
    ['hidden text in tags', 'a\u{e0041}\u{e0042}'],
    ['byte order mark', '\ufeffa'],
    ['private use', '\ue000'],
    ['unassigned', '\u{2fffe}'],
    ['right-to-left override', 'a\u202eb'],
    ['zero-width space', 'a\u200bb'],
    ['NUL', 'a\0b'],
    ['line break', 'a\nb'],
    ['escape', 'a\u001b[31m'],
    ['marks without end', `e${'\u0301'.repeat(10)}`],
    ['blanks at the ends', ' Ada'],
    ['nothing', ''],
    ['eleven characters', '😀'.repeat(11)],
    ['something else', 5],
  ])('has no %s', (_name, value) => {
    expect(fits(value)).toBe(false);
  });

  it('is counted in the form in which it is stored, so that what is stored is taken again', () => {
    const grows = '\u0958'.repeat(10);
    expect(grows.normalize('NFC')).toHaveLength(20);
    expect(fits(grows)).toBe(false);
    expect(fits(grows, { max: 20 })).toBe(true);
    expect(fits(grows.normalize('NFC'), { max: 20 })).toBe(true);
    expect(fits('ế'.repeat(10).normalize('NFD'))).toBe(true);
    expect(fits('한'.repeat(10).normalize('NFD'))).toBe(true);
  });

  it('that is taken is taken again once it is stored', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (value) => {
        if (fits(value)) expect(fits(value.normalize('NFC'))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('has lines where they are wanted', () => {
    expect(fits('a\nb', { max: 10, lines: true })).toBe(true);
    expect(fits('a\u202eb', { max: 10, lines: true })).toBe(false);
  });

  it('of hostile length is measured in milliseconds', () => {
    const start = performance.now();
    fits(`e${'\u0301'.repeat(8_000)}`, { max: 8_192 });
    expect(performance.now() - start).toBeLessThan(50);
  });
});
