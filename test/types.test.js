'use strict';

// Whether index.d.ts tells the truth: it is compared with what the package has at run time. That it
// refuses wrong programs and takes right ones is tested in test/types.

const assert = require('node:assert/strict');
const { readFileSync, readdirSync } = require('node:fs');
const path = require('node:path');
const ts = require('typescript');
const threadheap = require('..');

const ROOT = path.join(__dirname, '..');
const DECLARATIONS = path.join(ROOT, 'index.d.ts');
const DEFAULTS = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.Node16,
  types: [],
};
// The last two are those of a built-in class that another extends.
const FUNCTION_PROPERTIES = ['length', 'name', 'prototype', 'arguments', 'caller'];
const WELL_KNOWN = new Map([
  [Symbol.dispose, '[Symbol.dispose]'],
  [Symbol.iterator, '[Symbol.iterator]'],
  [Symbol.toStringTag, '[Symbol.toStringTag]'],
]);

function compile(options) {
  return ts.createProgram([DECLARATIONS], { ...DEFAULTS, ...options });
}

const program = compile({});
const checker = program.getTypeChecker();
const exported = checker.getExportsOfModule(
  checker.getSymbolAtLocation(program.getSourceFile(DECLARATIONS))
);
const values = exported.filter((symbol) => symbol.flags & ts.SymbolFlags.Value);
const classes = values.filter((symbol) => symbol.flags & ts.SymbolFlags.Class);

// ---- what is declared ----

function declaredMembers(type) {
  return type.getProperties().filter((symbol) => symbol.name !== 'prototype');
}

// The compiler calls [Symbol.iterator] '__@iterator@123'.
function declaredName(symbol) {
  return symbol.name.replace(/^__@(\w+)@\d+$/, '[Symbol.$1]');
}

function declaredKind(symbol) {
  if (symbol.flags & ts.SymbolFlags.Method) return 'method';
  const modifiers = ts.getCombinedModifierFlags(symbol.valueDeclaration);
  return modifiers & ts.ModifierFlags.Readonly ? 'read-only' : 'read-write';
}

function declaredKinds(type) {
  return declaredMembers(type).map((symbol) => `${declaredName(symbol)}: ${declaredKind(symbol)}`);
}

// The constructors of a class, each with its own description, and its members.
function parts(symbol) {
  const type = checker.getTypeOfSymbol(symbol);
  const constructors = type.getConstructSignatures();
  return [...constructors, ...declaredMembers(type), ...declaredMembers(instanceType(symbol))];
}

function instanceType(symbol) {
  return checker.getDeclaredTypeOfSymbol(symbol);
}

function isDescribed(part) {
  return part.getDocumentationComment(checker).length > 0;
}

// ---- what there is ----

function actualKind({ value, set }) {
  if (typeof value === 'function') return 'method';
  return set ? 'read-write' : 'read-only';
}

// What an object has and inherits, but for symbols that are this package's own.
function actualKinds(object, hidden) {
  if (object === Object.prototype || object === Function.prototype) return [];
  const kinds = Reflect.ownKeys(object)
    .filter((key) => typeof key === 'string' || WELL_KNOWN.has(key))
    .filter((key) => !hidden.includes(key))
    .map((key) => {
      const kind = actualKind(Object.getOwnPropertyDescriptor(object, key));
      return `${WELL_KNOWN.get(key) ?? key}: ${kind}`;
    });
  return [...kinds, ...actualKinds(Object.getPrototypeOf(object), hidden)];
}

// The last two: what later versions of Node.js give to every WebAssembly.Memory.
const HIDDEN = ['constructor', 'toFixedLengthBuffer', 'toResizableBuffer'];

// What refs have themselves: an object of these classes holds an id and nothing else.
function ownKinds(name) {
  return /Ref$/.test(name) ? ['id: read-only'] : [];
}

function sorted(names) {
  return [...new Set(names)].sort();
}

describe('index.d.ts', () => {
  it('declares what the package exports', () => {
    assert.deepEqual(sorted(values.map(declaredName)), sorted(Object.keys(threadheap)));
  });

  for (const symbol of classes) {
    const Class = threadheap[symbol.name];

    it(`declares what a ${symbol.name} has`, () => {
      const actual = [...actualKinds(Class.prototype, HIDDEN), ...ownKinds(symbol.name)];
      assert.deepEqual(sorted(declaredKinds(instanceType(symbol))), sorted(actual));
    });

    it(`declares what ${symbol.name} itself has`, () => {
      const actual = actualKinds(Class, FUNCTION_PROPERTIES);
      assert.deepEqual(sorted(declaredKinds(checker.getTypeOfSymbol(symbol))), sorted(actual));
    });
  }

  it('describes all of it', () => {
    const all = [...exported, ...classes.flatMap(parts)];
    const missing = all.filter((part) => !isDescribed(part));
    assert.deepEqual(missing.map((part) => part.name ?? checker.signatureToString(part)), []);
  });

  it('lists the error codes that the sources have', () => {
    const lib = readdirSync(path.join(ROOT, 'lib')).map((name) => path.join(ROOT, 'lib', name));
    const sources = [...lib, path.join(ROOT, 'src', 'core', 'status.h')];
    const codes = sources.flatMap((file) => readFileSync(file, 'utf8').match(/ERR_TH_\w+/g) ?? []);
    const thrown = codes.filter((code) => code !== 'ERR_TH_BUSY'); // lib/retry.js handles it
    const union = instanceType(exported.find(({ name }) => name === 'ThreadheapErrorCode'));
    assert.deepEqual(sorted(union.types.map(({ value }) => value)), sorted(thrown));
  });

  // Of these, the library and the types of Node.js declare Symbol.dispose, too.
  const environments = {
    'the oldest library it can do with': { lib: ['lib.es2020.d.ts'] },
    'the newest one': { lib: ['lib.esnext.d.ts'] },
    'the types of Node.js': { types: ['node'] },
    both: { lib: ['lib.esnext.d.ts'], types: ['node'] },
  };
  for (const [name, options] of Object.entries(environments)) {
    it(`can be compiled with ${name}`, () => {
      const { getSourceFile, getSemanticDiagnostics } = compile(options);
      const problems = getSemanticDiagnostics(getSourceFile(DECLARATIONS));
      assert.deepEqual(problems.map(({ messageText }) => messageText), []);
    });
  }
});

describe('the ES module', () => {
  it('exports what the CommonJS module exports, and nothing else', async () => {
    assert.deepEqual({ ...(await import('../lib/index.mjs')) }, { ...threadheap });
    assert.deepEqual({ ...(await import('threadheap')) }, { ...threadheap });
  });
});
