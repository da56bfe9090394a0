'use strict';

// Names for what the classes of this package share with each other and with nobody else.

module.exports = {
  kAdvance: Symbol('advance'), // LiveIterator: the next value
  kBacking: Symbol('backing'), // MemoryHeap: what its image lies in
  kCheckLive: Symbol('checkLive'), // containers: throws when freed or corrupt
  kCommit: Symbol('commit'), // MemoryHeap: tells the addon where the image is, and how long
  kControl: Symbol('control'), // containers: address of the control block
  kDescribe: Symbol('describe'), // containers: what util.inspect shows
  kElementAt: Symbol('elementAt'), // SharedVector: the view of an element, if it is there
  kFillBatch: Symbol('fillBatch'), // SharedList: lets the core fill in the nodes that follow
  kGeneration: Symbol('generation'), // containers: what tells them from others in the same place
  kGrow: Symbol('grow'), // MemoryHeap, processHeap: makes room
  kHandle: Symbol('handle'), // containers: number in the addon
  kHeap: Symbol('heap'), // containers: their MemoryHeap
  kHeapId: Symbol('heapId'), // MemoryHeap: its id
  kIdentity: Symbol('identity'), // containers: descriptor without the address
  kInsert: Symbol('insert'), // SharedList: push, and where it is now
  kIsListed: Symbol('isListed'), // SharedList: whether a node is in it
  kIsLive: Symbol('isLive'), // containers: whether a quick look finds it neither freed nor corrupt
  kIsNode: Symbol('isNode'), // SharedList: the same, of a place taken apart
  kKind: Symbol('kind'), // refs: their kind in the addon
  kNumber: Symbol('number'), // MemoryHeap, processHeap: number in the addon
  kPlace: Symbol('place'), // ListItem: where its node is
  kReader: Symbol('reader'), // SharedMap: its MapReader, if it has one
  kRemoveNode: Symbol('removeNode'), // SharedList, ListIterator: removes a node, if it is in it
  kSetEncoded: Symbol('setEncoded'), // SharedMap: sets a value that was encoded before
  kWords: Symbol('words'), // containers: the control block
  kDispose: Symbol.dispose ?? Symbol.for('nodejs.dispose'),
};
