'use strict';

const { CachedItemList, getPointer } = require('../../..');
const { Item, describeLists, withNumbers } = require('./pointers');

class CachedNumbers extends withNumbers(CachedItemList, ({ item }) => item.number) {
  initItem(pointer) {
    return new Item(this.heap.getSharedAlloc(getPointer(pointer)));
  }
}

module.exports = describeLists('list of cached items', CachedNumbers, { clear: { weight: 1 } });
