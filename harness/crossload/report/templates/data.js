// What the page knows: `D` has tables (see page_data.py) and, in `col`, one number a cell in each column.

const TYPES = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, float32: Float32Array };

async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  // "deflate" means zlib's format here, with its header; raw data would be "deflate-raw"
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(stream).arrayBuffer();
  const length = new DataView(bytes).getUint32(0, true);
  const data = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  data.col = {};
  for (const [name, [type, offset]] of Object.entries(data.columns)) {
    // a view of the same memory, not a copy: one column of a large matrix has megabytes
    data.col[name] = new TYPES[type](bytes, 4 + length + offset, data.cells);
  }
  data.pasts = data.past.map((_, number) => data.col["past" + number]);
  data.verdictOf = Uint8Array.from(data.kinds, (kind) => kind.verdict);
  data.environmentAt = new Map(data.environments.map((each, index) => [each.id, index]));
  data.wordAt = new Map(data.verdicts.map((each, index) => [each.word, index]));
  for (const each of data.cases) each.name = each.recipe + "/" + each.format;
  data.caseAt = new Map(data.cases.map((each, index) => [each.name, index]));
  return data;
}

// A cell that an earlier run does not know; as in page_data.py.
const UNKNOWN = 255;
