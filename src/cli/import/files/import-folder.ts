import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ImportFile, Unreadable } from './import-file.js';

/** What an import is made from. */
export interface ImportFolder {
  readonly products: ImportFile;
  readonly customers: ImportFile;
  readonly orders: ImportFile;
}

const NAME_ONE = 'Use a folder that contains products.json, customers.json and orders.jsonl.';

/** Checks that every file exists and has the right form, before anything is imported. @throws Unreadable */
export async function openImportFolder(path: string): Promise<ImportFolder> {
  if (path.trim() === '') throw new Unreadable(`The folder is missing. ${NAME_ONE}`);
  const folder = resolve(path);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new Unreadable(`${folder} is not a folder. ${NAME_ONE}`);
  }
  const [products, customers, orders] = await Promise.all([
    ImportFile.at(join(folder, 'products.json')),
    ImportFile.at(join(folder, 'customers.json')),
    ImportFile.at(join(folder, 'orders.jsonl')),
  ]);
  for (const file of [products, customers, orders]) await file.assertHoldsRows();
  return { products, customers, orders };
}
