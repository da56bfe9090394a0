'use strict';

// What histories are made of: for each subject its file and its name there.
const SUBJECTS = {
  list: ['list', 'changing'],
  'map that grows and shrinks': ['map', 'changing'],
  'map that splits': ['map', 'splitting'],
  'map that is counted': ['size', 'changing'],
  string: ['string', 'changing'],
  'vector that grows and shrinks': ['vector', 'changing'],
  'vector that only grows': ['vector', 'growing'],
};

function subjectOf(name) {
  const [file, member] = SUBJECTS[name];
  return require(`./${file}`)[member];
}

module.exports = { NAMES: Object.keys(SUBJECTS), subjectOf };
