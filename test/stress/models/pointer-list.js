'use strict';

const { SharedPointerList } = require('../../..');
const { Item, describeLists, withNumbers } = require('./pointers');

class Numbers extends withNumbers(SharedPointerList, ({ number }) => number) {
  createItem(memory) {
    return new Item(memory);
  }

  delete(item) {
    const isDeleted = super.delete(item);
    item.free();
    return isDeleted;
  }
}

module.exports = describeLists('list of pointers', Numbers);
