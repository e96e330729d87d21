import { searchText, wordPatterns } from './search-text.js';

describe('searching for text', () => {
  it('ignores case and marks, however they are encoded', () => {
    expect(searchText('Côte de Blaye')).toBe('cote de blaye');
    expect(searchText('Cote\u0301', null, 'TEE-BLK-M')).toBe('cote\ntee-blk-m');
    expect(wordPatterns('CÔTE')).toEqual(['%cote%']);
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
