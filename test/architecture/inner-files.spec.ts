import { expectNone, filesIn, read } from './source-tree.js';

/**
 * Imports of a package's inner files, each with the reason why there is no public way. Such a file may change with any
 * release of its package, so the list only gets shorter.
 */
const INNER_FILES: Readonly<Record<string, string>> = {
  '@nestjs/common/internal.js': 'the keys of Nest’s route metadata; an entry point of the package, without promises',
  '@nestjs/core/injector/instance-wrapper.js': 'type only: what the buses’ overridable methods take has no public name',
  'nodemailer/lib/shared': 'SMTP_URL must mean the same to our own question to the server as to nodemailer',
  'nodemailer/lib/smtp-connection': 'documented by nodemailer under this path: smtp-connection',
  'typeorm/metadata-builder/EntityMetadataBuilder.js':
    'specs of views only: a data source builds its metadata by itself only once it is connected',
};

const IMPORTED = /(?:from|import\() ?'((?:@[\w-]+\/)?[a-z][\w-]*\/[^']+)'/g;

const imports = filesIn('src', '.ts').flatMap((path) =>
  [...read(path).matchAll(IMPORTED)]
    .map(([, file]) => file!)
    .filter((file) => !/^(?:node:|@[\w-]+\/[\w-]+$)/.test(file))
    .map((file) => ({ path, file })),
);

it('no file imports an inner file of a package, unless there is no public way', () => {
  expectNone(
    imports.filter(({ file }) => INNER_FILES[file] === undefined).map(({ path, file }) => `${path}: ${file}`),
    'Use what the package exports by its name, or write the few lines yourself.',
  );
});

it('every inner file on the list is still imported', () => {
  const imported = new Set(imports.map(({ file }) => file));
  expectNone(
    Object.keys(INNER_FILES).filter((file) => !imported.has(file)),
    'Take it off the list in this spec.',
  );
});
