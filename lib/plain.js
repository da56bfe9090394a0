'use strict';

// Plain data as bytes: ordinary objects and dense arrays of them, strings, numbers, booleans, null
// and undefined. The writer refuses any other value, an object that is there twice and what is very
// deep or large: V8 writes that (map.js). So what is read is what a structured clone would be.
//
//   byte 0    PLAIN, which nothing that V8 writes begins with
//   byte 1    bytes for a unit of text, 1 or 2; then two zeros
//   byte 4    u32: units of text
//   byte 8    the text: all strings one behind the other
//   then      the value: a tag, what the tag says, the values inside
//
//   tag                 what follows
//   below STRING        nothing: it is the number
//   STRING + length     nothing: the next units of the text are it
//   LONG_STRING         u32: its length
//   INTEGER             i32
//   DOUBLE              f64
//   ARRAY               u32: its length; the elements
//   OBJECT              u16: its shape; a value for each key
//   DICTIONARY          u32: how many keys; a string and a value for each
//
// Numbers have their lowest byte first. A string of 13 units or more that was read keeps the whole
// text in memory while it lives, for V8 cuts it out without a copy.

const PLAIN = 1;
const WIDTH = 1;
const TEXT_LENGTH = 4;
const TEXT = 8;

const STRING = 0x80;
const LONG_STRING = 0xc0;
const INTEGER = 0xc1;
const DOUBLE = 0xc2;
const ARRAY = 0xc3;
const OBJECT = 0xc4;
const DICTIONARY = 0xc5;
const UNDEFINED = 0xc6;
const NULL = 0xc7;
const FALSE = 0xc8;
const TRUE = 0xc9;

module.exports = {
  PLAIN,
  WIDTH,
  TEXT_LENGTH,
  TEXT,
  STRING,
  LONG_STRING,
  INTEGER,
  DOUBLE,
  ARRAY,
  OBJECT,
  DICTIONARY,
  UNDEFINED,
  NULL,
  FALSE,
  TRUE,
};
