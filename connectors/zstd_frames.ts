/**
 * Finds where the frames of a Zstandard body end (RFC 8878, section 3.1). The runtime's decoder mistakes a truncated
 * body for a complete one, so this has to be found out separately.
 */

const SKIPPABLE = 0x184d2a50;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const CHECKSUM_BYTES = 4;

type Part = "magic" | "skippable_size" | "descriptor" | "block";
const PART_BYTES: Readonly<Record<Part, number>> = { magic: 4, skippable_size: 4, descriptor: 1, block: 3 };

export class ZstdFrames {
  /** Which part comes after the bytes to skip, and what is known so far. */
  #part: Part = "magic";
  #got = 0;
  #value = 0;
  #skip = 0;
  #checksum = 0;

  /** Whether no frame is open. */
  get complete(): boolean {
    return this.#part === "magic" && this.#got === 0 && this.#skip === 0;
  }

  /** Consumes the next bytes; anything that is not a frame is left to the decoder. */
  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.byteLength; ) {
      const skipped = Math.min(this.#skip, chunk.byteLength - at);
      this.#skip -= skipped;
      at += skipped;
      if (at === chunk.byteLength) return;
      // All numbers are little-endian.
      this.#value += (chunk[at++] as number) * 256 ** this.#got++;
      if (this.#got === PART_BYTES[this.#part]) this.#end();
    }
  }

  /** A part is complete: what does it say about the rest? */
  #end(): void {
    const [part, value] = [this.#part, this.#value];
    this.#got = this.#value = 0;
    if (part === "magic") {
      this.#part = value - (value % 16) === SKIPPABLE ? "skippable_size" : "descriptor";
    } else if (part === "skippable_size") {
      this.#skip = value;
      this.#part = "magic";
    } else if (part === "descriptor") {
      const single = (value >> 5) & 1;
      const contentSize = CONTENT_SIZE_BYTES[value >> 6] as number;
      this.#skip = 1 - single + (DICTIONARY_ID_BYTES[value & 3] as number) + (contentSize || single);
      this.#checksum = (value >> 2) & 1 ? CHECKSUM_BYTES : 0;
      this.#part = "block";
    } else {
      const [last, repeated, size] = [value & 1, ((value >> 1) & 3) === 1, value >> 3];
      this.#skip = (repeated ? 1 : size) + (last ? this.#checksum : 0);
      if (last) this.#part = "magic";
    }
  }
}
