'use strict';

// The trials, as data: { name, noun, operation, native, size, data, start, fill, before, expect,
// verify, bar, aim }. `noun` and `operation` name the loop of each competitor, `native` the one to
// compare with (`nativeOf` in another trial). `bar` is the ratio to it that should not be passed,
// `aim` the one that is wished for.

const NOUNS = ['map', 'list', 'vector', 'kernel', 'block', 'text', 'object', 'lock', 'handover',
  'threads', 'memory', 'growth'];

const trials = NOUNS.flatMap((group) =>
  require(`./trials/${group}`).map((trial) => ({ group, ...trial }))
);

module.exports = { NOUNS, trials };
