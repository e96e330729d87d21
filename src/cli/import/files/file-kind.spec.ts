import { gzipSync } from 'node:zlib';
import { wrongKind } from './file-kind.js';

const kindOf = (name: string, content: string | Buffer): string | undefined =>
  wrongKind(name, Buffer.isBuffer(content) ? content : Buffer.from(content));

describe('a file', () => {
  it.each<[string, string, string | Buffer]>([
    ['orders.jsonl', 'rows', '{"a":1}\n{"b":2}\n'],
    ['orders.jsonl', 'a mark, blank lines and Windows line ends', '\uFEFF\r\n{"a":1}\r\n'],
    ['orders.jsonl', 'one row without a line end', '{"a":1}'],
    ['orders.jsonl', 'one row that ends by CR', '{"a":1}\r'],
    ['orders.jsonl', 'a cut row', '{"a":'],
    ['orders.jsonl', 'nothing', ''],
    ['orders.jsonl', 'a mark and nothing else', '\uFEFF'],
    ['products.json', 'an array', '[\r{"a":1}]'],
  ])('%s with %s may hold rows', (name, _what, content) => {
    expect(kindOf(name, content)).toBeUndefined();
  });

  it.each<[string, string, string | Buffer, string]>([
    ['orders.jsonl', 'a compressed file', gzipSync('{}'), 'is compressed (gzip). Decompress it first'],
    ['products.json', 'a compressed file', gzipSync('[]'), 'is compressed (gzip). Decompress it first'],
    ['customers.json', 'a spreadsheet', Buffer.from('PK\u0003\u0004rest'), 'is compressed (ZIP'],
    ['orders.jsonl', 'UTF-16 with a mark', Buffer.from('\uFEFF{}', 'utf16le'), 'is UTF-16'],
    ['orders.jsonl', 'UTF-16 without one', Buffer.from('{}', 'utf16le'), 'contains NUL bytes'],
    ['orders.jsonl', 'an array', '\uFEFF\n [\n{"a":1}\n]', 'is a JSON array; it must contain one object per line'],
    ['orders.jsonl', 'a table', 'orderNumber;customerId\n1;2\n', 'is not JSON Lines'],
    ['orders.jsonl', 'old line ends', '{"a":1}\r{"b":2}\r', 'ends its lines with CR alone'],
    ['orders.jsonl', 'objects over several lines', '{\n  "a": 1\n}\n', 'has an object over several lines'],
  ])('%s that is %s is told as a whole', (name, _what, content, flaw) => {
    expect(kindOf(name, content)).toContain(flaw);
  });
});
