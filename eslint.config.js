'use strict';

const js = require('@eslint/js');

const readonly = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

const nodeGlobals = readonly([
  'AbortController',
  'AbortSignal',
  'Blob',
  'Buffer',
  'DOMException',
  'MessageChannel',
  'MessagePort',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'WebAssembly',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'console',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'structuredClone',
]);
const commonjsGlobals = readonly(['__dirname', '__filename']);
const mochaGlobals = readonly(['after', 'afterEach', 'before', 'beforeEach', 'describe', 'it']);

module.exports = [
  { ignores: ['build/', 'prebuilds/'] },
  js.configs.recommended,
  {
    languageOptions: { globals: nodeGlobals },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-shadow': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-var': 'error',
      'prefer-const': 'error',
      strict: ['error', 'safe'],
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { sourceType: 'commonjs', globals: commonjsGlobals },
  },
  {
    files: ['test/**/*.js'],
    languageOptions: { globals: mochaGlobals },
  },
];
