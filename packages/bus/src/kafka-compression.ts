import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/**
 * What other producers may compress their batches with: kafkajs reads GZIP alone, and a batch that it cannot read ends the
 * consumer for good (#1141, #597). What Node has not is loaded with the first batch that needs it.
 */
export const codecs = {
  Snappy: { compress: async ({ buffer }) => (await import('snappy')).compress(buffer), decompress: unsnap },
  LZ4: {
    compress: async ({ buffer }) => (await import('lz4-napi')).compressFrame(buffer),
    decompress: async (buffer) => (await import('lz4-napi')).decompressFrame(buffer),
  },
  ZSTD: {
    compress: async ({ buffer }) => zstdCompressSync(buffer),
    decompress: async (buffer) => zstdDecompressSync(buffer),
  },
} satisfies Record<string, Codec>;

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

export function registerCodecs(): void {
  for (const [name, codec] of Object.entries(codecs)) {
    CompressionCodecs[CompressionTypes[name as keyof typeof codecs]] = () => codec;
  }
}

const magic = Buffer.from('\x82SNAPPY\0', 'latin1');
/** The magic, a version and the least version that reads it. */
const headerBytes = magic.length + 8;

/** librdkafka sends one block as it is; the Java client its own stream: a header, then blocks, each behind its length in 4 bytes. */
async function unsnap(buffer: Buffer): Promise<Buffer> {
  const { uncompress } = await import('snappy');
  const plain = async (block: Buffer) => (await uncompress(block, { asBuffer: true })) as Buffer;
  if (!buffer.subarray(0, magic.length).equals(magic)) return plain(buffer);
  const blocks: Buffer[] = [];
  for (let at = headerBytes; at < buffer.length; ) {
    const from = at + 4;
    at = from + buffer.readUInt32BE(at);
    blocks.push(await plain(buffer.subarray(from, at)));
  }
  return Buffer.concat(blocks);
}
