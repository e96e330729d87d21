import ts from 'typescript';
import { expectNone, filesIn, productionFiles, read } from './source-tree.js';
import { nodesOf, syntaxOf } from './syntax-tree.js';

/**
 * Words that hide a term of the field: metaphors, and everyday verbs for technical acts. docs/reference/glossary.md has the
 * terms. "Log on" and the like don't occur, so whole words suffice.
 */
const BANNED =
  'bells? boards? lanes? doors? walls? houses? wish(?:es|ed)? tell(?:s|ing)? told hear(?:s|d|ing)? look(?:s|ed|ing)? ' +
  'say(?:s|ing)? said welcomes? speak(?:s|ing)? nobody somebody';
const PHRASES = ['(?:takes?|taken|took|taking) (?:in|over)', '(?:carry|carries|carried|carrying) out', 'lets? in'];
const banned = new RegExp(String.raw`\b(?:${[...BANNED.split(' '), ...PHRASES].join('|')})\b`, 'i');

const IN_NAMES =
  'bell bells board lane lanes door doors wall walls house wish wishes tell tells told hear heard look looks looking say says said welcome';
const PAIRS = ['take in', 'taken in', 'carry out', 'carries out'];

/** Comments may say what a text says, and that a worker takes a partition over. */
const bannedInComments =
  /\b(?:bells?|boards?|lanes?|doors?|house|wish(?:es)?|tell(?:s|ing)?|told|hear(?:s|d)|look(?:s|ed|ing)?|welcomes?|nobody|somebody|carr(?:y|ies|ied) out)\b/i;

const files = productionFiles('src').filter((path) => !path.includes('/testing/'));

describe('a text for people', () => {
  it('uses the terms of the glossary, and no metaphors', () => {
    const found = files.flatMap((path) =>
      textsOf(path).flatMap((text) => {
        const word = banned.exec(text)?.[0];
        return word === undefined ? [] : [`${path}: “${word}” in “${text.trim().slice(0, 100)}”`];
      }),
    );
    expectNone(found, 'Write what happened and what to do in the terms of docs/reference/glossary.md.');
  });
});

describe('a name in code', () => {
  it('holds no banned word', () => {
    expect(['LogBell', 'tellLeases', 'said', 'TakeIn'].filter(isBanned)).toHaveLength(4);
    expect(['dashboard', 'essay', 'planes', 'takeInto'].filter(isBanned)).toEqual([]);
    expectNone(
      [...new Set(files.flatMap(namesDeclaredIn))].toSorted(),
      'Name it by the term of docs/reference/glossary.md.',
    );
  });
});

describe('a comment', () => {
  it('uses the terms of the glossary, and no metaphors', () => {
    const found = files.flatMap((path) =>
      commentsOf(path).flatMap((text) => {
        const word = bannedInComments.exec(text)?.[0];
        return word === undefined ? [] : [`${path}: “${word}” in “${text.trim().slice(0, 100)}”`];
      }),
    );
    expect(commentsOf('test/architecture/words.spec.ts').join()).toContain('Words that hide a term');
    expectNone(found, 'Write a plain sentence with a subject, in the terms of docs/reference/glossary.md.');
  });
});

describe('the glossary', () => {
  it('defines each term once', () => {
    const terms = [...read('docs/reference/glossary.md').matchAll(/^\| ([^|]+?) +\|/gm)]
      .map(([, term]) => term!)
      .filter((term) => term !== 'Term' && !/^-+$/.test(term))
      .flatMap((cell) => cell.split(', '));
    expect(terms.length).toBeGreaterThanOrEqual(80);
    expectNone(
      terms.filter((term, index) => terms.indexOf(term) !== index),
      'Keep one of the two definitions.',
    );
    expect(filesIn('docs/reference', '.md')).toContain('docs/reference/glossary.md');
  });
});

/** The lines of a file's comments. */
function commentsOf(path: string): string[] {
  const text = read(path);
  const found = new Map<number, string>();
  for (const node of nodesOf(syntaxOf(path))) {
    const ranges = [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.getEnd()) ?? []),
    ];
    for (const { pos, end } of ranges) found.set(pos, text.slice(pos, end));
  }
  return [...found.values()].flatMap((comment) => comment.split('\n'));
}

/** The texts of a file that consist of words: literals, and the parts of templates. */
function textsOf(path: string): string[] {
  return [...nodesOf(syntaxOf(path))]
    .filter((node) => ts.isStringLiteralLike(node) || isTemplatePart(node))
    .filter((node) => !ts.isImportDeclaration(node.parent) && !ts.isExportDeclaration(node.parent))
    .map(({ text }) => text)
    .filter((text) => text.includes(' '));
}

function isTemplatePart(node: ts.Node): node is ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail {
  return ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
}

function namesDeclaredIn(path: string): string[] {
  return [...nodesOf(syntaxOf(path))].flatMap((node) => {
    const { name } = node as { name?: ts.Node };
    const isDeclared = name !== undefined && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name));
    const isAccess = ts.isPropertyAccessExpression(node) || ts.isImportSpecifier(node) || ts.isExportSpecifier(node);
    const text = isDeclared ? name.text.replace('#', '') : '';
    return isDeclared && !isAccess && isBanned(text) ? [text] : [];
  });
}

function isBanned(name: string): boolean {
  const words = name.split(/(?=[A-Z])|[_$\d]+/).map((word) => word.toLowerCase());
  const phrase = ` ${words.join(' ')} `;
  return [...IN_NAMES.split(' '), ...PAIRS].some((one) => phrase.includes(` ${one} `));
}
