// Folders as one buffer: the length of an index, the index in JSON ([path, offset, size] each), then all bytes.

/** Lay the files of a pack below a folder, without copying their bytes. */
export function mount(FS, root, pack) {
  const length = new DataView(pack).getUint32(0);
  const index = JSON.parse(new TextDecoder().decode(new Uint8Array(pack, 4, length)));
  for (const [path, offset, size] of index) {
    const target = `${root}/${path}`;
    FS.mkdirTree(target.slice(0, target.lastIndexOf("/")));
    FS.writeFile(target, new Uint8Array(pack, 4 + length + offset, size), { canOwn: true });
  }
}

/** Refuse writes below a folder. */
export function protect(FS, root) {
  for (const path of walk(FS, root)) FS.chmod(path, 0o444);
  for (const path of walk(FS, root, true)) FS.chmod(path, 0o555);
  FS.chmod(root, 0o555);
}

/** Return the files below a folder as a pack. */
export function gather(FS, root) {
  const files = walk(FS, root).map((path) => [path.slice(root.length + 1), FS.readFile(path)]);
  let end = 0;
  const index = files.map(([path, bytes]) => [path, (end += bytes.length) - bytes.length, bytes.length]);
  const header = new TextEncoder().encode(JSON.stringify(index));
  const pack = new Uint8Array(4 + header.length + end);
  new DataView(pack.buffer).setUint32(0, header.length);
  pack.set(header, 4);
  files.forEach(([, bytes], i) => pack.set(bytes, 4 + header.length + index[i][1]));
  return pack;
}

function walk(FS, folder, wantFolders = false) {
  const paths = FS.readdir(folder).filter((name) => name !== "." && name !== "..").map((name) => `${folder}/${name}`);
  return paths.flatMap((path) => {
    const isFolder = FS.isDir(FS.stat(path).mode);
    return [...(isFolder ? walk(FS, path, wantFolders) : []), ...(isFolder === wantFolders ? [path] : [])];
  });
}
