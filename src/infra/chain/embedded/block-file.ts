/**
 * The embedded chain's file: every block mined and every block taken back, in order. It is read once, at start; a
 * record that was cut short by a crash is dropped.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

/** A record is a length (4 bytes, little-endian) and a block; length 0 says that the tip was taken back. */
export class BlockFile {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Opens the file, makes it when there is none, and replays what it holds. */
  static open(path: string, replay: { connect(block: Buffer): void; disconnect(): void }): BlockFile {
    const fd = openSync(path, 'a+', 0o600);
    const data = readFileSync(path);
    let at = 0;
    while (at + 4 <= data.length) {
      const length = data.readUInt32LE(at);
      if (at + 4 + length > data.length) break;
      if (length === 0) replay.disconnect();
      else replay.connect(data.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    if (at < data.length) ftruncateSync(fd, at);
    return new BlockFile(fd);
  }

  /** Adds a block, or (undefined) that the tip was taken back. Call `sync` when a change is complete. */
  append(block: Buffer | undefined): void {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(block?.length ?? 0);
    writeSync(this.#fd, block === undefined ? length : Buffer.concat([length, block]));
  }

  sync(): void {
    fsyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
