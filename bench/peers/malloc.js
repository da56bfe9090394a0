'use strict';

const BYTES = 2 ** 26;

module.exports = {
  '@thi.ng/malloc': {
    load: () => import('@thi.ng/malloc'),
    slow: { 'block.replace': 500 },
    block: {
      create({ MemPool }, { size, bytes }) {
        const pool = new MemPool({ buf: new SharedArrayBuffer(BYTES) });
        return { pool, blocks: Array.from({ length: size }, () => pool.malloc(bytes)) };
      },
      replace: ({ pool, blocks }, { bytes, order, count }) => {
        for (let i = 0; i < count; i++) {
          const place = order[i];
          pool.free(blocks[place]);
          blocks[place] = pool.malloc(bytes);
        }
        return blocks.length;
      },
    },
  },
};
