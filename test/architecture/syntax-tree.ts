import ts from 'typescript';
import { read } from './source-tree.js';

export interface Decoration {
  readonly name: string;
  readonly args: readonly ts.Expression[];
}

/** A field of a class or interface as it is written; a constructor's `readonly x: T` is a field too. */
export interface Field {
  readonly name: string;
  readonly type: string;
  readonly isReadonly: boolean;
  readonly isOptional: boolean;
}

export interface Declared {
  readonly path: string;
  readonly name: string;
  readonly kind: 'class' | 'interface';
  readonly isExported: boolean;
  readonly superclass: string | undefined;
  readonly decorations: readonly Decoration[];
  readonly fields: readonly Field[];
  /** The text that a field is given in its declaration, such as `code = 'ordering.order-not-editable'`. */
  readonly constants: Readonly<Record<string, string>>;
}

const parsed = new Map<string, ts.SourceFile>();

export function syntaxOf(path: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known) return known;
  const tree = ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2023, true);
  parsed.set(path, tree);
  return tree;
}

/** The classes and interfaces that a file declares at its top. */
export function declaredIn(path: string): Declared[] {
  return syntaxOf(path)
    .statements.filter(isDeclaration)
    .map((node) => describe(path, node));
}

type Declaration = ts.ClassDeclaration | ts.InterfaceDeclaration;

const isDeclaration = (node: ts.Node): node is Declaration =>
  ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node);

function describe(path: string, node: Declaration): Declared {
  const parent = node.heritageClauses?.find((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
  return {
    path,
    name: node.name?.text ?? '(anonymous)',
    kind: ts.isClassDeclaration(node) ? 'class' : 'interface',
    isExported: node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false,
    superclass: parent?.expression.getText(),
    decorations: decorationsOf(node),
    fields: fieldsOf(node),
    constants: constantsOf(node),
  };
}

export function decorationsOf(node: ts.Node): Decoration[] {
  if (!ts.canHaveDecorators(node)) return [];
  return (ts.getDecorators(node) ?? []).map(({ expression }) =>
    ts.isCallExpression(expression)
      ? { name: expression.expression.getText(), args: expression.arguments }
      : { name: expression.getText(), args: [] },
  );
}

function fieldsOf(node: Declaration): Field[] {
  const members: readonly ts.Node[] = node.members;
  const parameters = members.filter(ts.isConstructorDeclaration).flatMap((made) => [...made.parameters]);
  const declared = members.filter((member) => ts.isPropertyDeclaration(member) || ts.isPropertySignature(member));
  const promoted = parameters.filter((parameter) => ts.isParameterPropertyDeclaration(parameter, parameter.parent));
  return [...declared, ...promoted].filter(isOfEachInstance).map((field) => ({
    name: field.name.getText(),
    type: field.type?.getText() ?? '',
    isReadonly: has(field, ts.SyntaxKind.ReadonlyKeyword),
    isOptional: field.questionToken !== undefined,
  }));
}

type FieldNode = ts.PropertyDeclaration | ts.PropertySignature | ts.ParameterDeclaration;

const isOfEachInstance = (field: FieldNode): boolean => !has(field, ts.SyntaxKind.StaticKeyword);

function has(node: FieldNode, keyword: ts.SyntaxKind): boolean {
  return node.modifiers?.some(({ kind }) => kind === keyword) ?? false;
}

function constantsOf(node: Declaration): Record<string, string> {
  const members: readonly ts.Node[] = node.members;
  const entries = members
    .filter(ts.isPropertyDeclaration)
    .map(({ name, initializer }) => [name.getText(), textOf(initializer)] as const)
    .filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

/** What a literal says, also behind `as const`. */
export function textOf(node: ts.Expression | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isAsExpression(node)) return textOf(node.expression);
  return ts.isStringLiteralLike(node) || ts.isNumericLiteral(node) ? node.text : undefined;
}

/** The value of a key in an object literal: `name` in `@Projection({ name: 'ordering.order-search' })`. */
export function textAt(object: ts.Expression | undefined, key: string): string | undefined {
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined;
  const property = object.properties.find((entry) => ts.isPropertyAssignment(entry) && entry.name.getText() === key);
  return property !== undefined && ts.isPropertyAssignment(property) ? textOf(property.initializer) : undefined;
}

/** Every node of a file, depth first. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

/** Identifiers that a file uses outside its imports. */
export function usedNames(path: string): Set<string> {
  const bodies = syntaxOf(path).statements.filter((statement) => !ts.isImportDeclaration(statement));
  return new Set(bodies.flatMap((body) => [...nodesOf(body)].filter(ts.isIdentifier).map(({ text }) => text)));
}
