// An interpreter's memory without its empty pages: half of it is zeros.
const PAGE = 4096;

/** Pack: the full length, the number of pages kept, their numbers, their bytes. */
export function pack(memory) {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.byteLength >>> 2);
  const kept = [];
  for (let page = 0; page * PAGE < memory.length; page++) {
    if (words.subarray((page * PAGE) >>> 2, ((page + 1) * PAGE) >>> 2).some((word) => word !== 0)) kept.push(page);
  }
  const head = new Uint32Array([memory.length, kept.length, ...kept]);
  const packed = new Uint8Array(head.byteLength + kept.length * PAGE);
  packed.set(new Uint8Array(head.buffer));
  kept.forEach((page, i) => packed.set(memory.subarray(page * PAGE, (page + 1) * PAGE), head.byteLength + i * PAGE));
  return packed;
}

/** Undo `pack`. */
export function unpack(packed) {
  const [length, count] = new Uint32Array(packed, 0, 2);
  const pages = new Uint32Array(packed, 8, count);
  const memory = new Uint8Array(length);
  pages.forEach((page, i) => memory.set(new Uint8Array(packed, 8 + count * 4 + i * PAGE, Math.min(PAGE, length - page * PAGE)), page * PAGE));
  return memory;
}
