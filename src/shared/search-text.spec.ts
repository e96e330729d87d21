import fc from 'fast-check';
import { searchText, wordPatterns } from './search-text.js';

describe('searching for text', () => {
  it('ignores case and marks, however they are encoded', () => {
    expect(searchText('Côte de Blaye')).toBe('cote de blaye');
    expect(searchText('Cote\u0301', null, 'TEE-BLK-M')).toBe('cote\ntee-blk-m');
    expect(wordPatterns('CÔTE')).toEqual(['%cote%']);
  });

  it.each([
    ['STRASSE', 'Straße'],
    ['straße', 'STRAẞE'],
    ['ΚΟΣ', 'ΚΟΣΜΟΣ'],
    ['ΟΔΟΣ', 'οδοσμία'],
    ['κόσμος', 'ΚΟΣΜΟΣ'],
    ['cote', 'Côte'],
    ['lodz', 'Łódź'],
    ['SMORREBROD', 'smørrebrød'],
    ['aether', 'Æther'],
    ['istanbul', 'İSTANBUL'],
    ['ISIK', 'ışık'],
    ['ёлка', 'ЕЛКА'],
    ['1/2', '½'],
    ['office', 'oﬃce'],
    ['１２３', '123'],
    ['علیرضا', 'علی\u200cرضا'],
  ])('finds by %s what is written %s', (question, text) => {
    expect(searchText(text)).toContain(searchText(question));
  });

  it.each([
    ['राम', 'रमा'],
    ['กา', 'กี'],
    ['မာ', 'မိ'],
  ])('tells %s from %s: vowel signs are no accents', (question, text) => {
    expect(searchText(text)).not.toContain(searchText(question));
  });

  it.each([
    ['דוד', 'דָּוִד'],
    ['محمد', 'مُحَمَّد'],
    ['ไม', 'ไม้'],
  ])('finds by %s what is written %s, with its points or tones', (question, text) => {
    expect(searchText(text)).toContain(searchText(question));
  });

  it('is the same for every spelling of every letter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const folded = searchText(text);
        const spellings = [text.toUpperCase(), text.toLowerCase(), text.normalize('NFC'), text.normalize('NFD')];
        for (const spelling of spellings) expect(searchText(spelling)).toBe(folded);
        expect(searchText(folded)).toBe(folded);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['ø', 'ł', 'đ', 'ð', 'ħ', 'æ', 'œ'])('takes %s for what collation takes it for', (letter) => {
    const { compare } = new Intl.Collator('und', { sensitivity: 'base' });
    expect(searchText(letter)).not.toBe(letter);
    expect(compare(letter, searchText(letter))).toBe(0);
  });

  it('wants every word, once', () => {
    expect(wordPatterns('blaye  cote blaye')).toEqual(['%blaye%', '%cote%']);
    expect(wordPatterns('a b c d e f g h i j')).toHaveLength(8);
    expect(wordPatterns('\u0301')).toEqual([]);
  });

  it('takes the wildcards of LIKE as they stand', () => {
    expect(wordPatterns('100% a_b c\\d')).toEqual(['%100\\%%', '%a\\_b%', '%c\\\\d%']);
  });
});
