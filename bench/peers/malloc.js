'use strict';

const BYTES = 2 ** 26;

module.exports = {
  '@thi.ng/malloc': {
    load: () => import('@thi.ng/malloc'),
    slow: { 'block.replace': 500 },
    block: {
      create({ MemPool }, { size, bytes }) {
        const pool = new MemPool({ buf: new SharedArrayBuffer(BYTES) });
        return { pool, next: 0, blocks: Array.from({ length: size }, () => pool.malloc(bytes)) };
      },
      replace: (container, { bytes, order, count }) => {
        const { pool, blocks } = container;
        let { next } = container;
        for (let i = 0; i < count; i++) {
          const place = order[next];
          if (++next === order.length) next = 0;
          pool.free(blocks[place]);
          blocks[place] = pool.malloc(bytes);
        }
        container.next = next;
        return blocks.length;
      },
    },
  },
};
