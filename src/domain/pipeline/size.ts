/**
 * The size of a JSON value: the memory that it takes, and the work to process it. The work is everything done after it
 * is built: checking, serialising, encoding and sending it. It is counted in the units of expressions (`expression_cost.ts`):
 *
 * ```text
 *   2     a value, or a property of a map
 *   1     4 characters of a text or a key
 *   4     a fraction, 24 an integer beyond 2^53
 *   30    a property whose key begins with a digit
 * ```
 */
const NODE_COST = 2;
const TEXT_PER_UNIT = 4;
const FRACTION_COST = 4;
const BIGINT_COST = 24;
const INDEX_PROPERTY_COST = 30;

/** A number, a boolean or null, in UTF-16 units. */
const NODE_LENGTH = 8;
/** A list or a map itself. */
const CONTAINER_LENGTH = 32;

/** Of several values together. */
export class Size {
  #length = 0;
  #work = 0;

  /** About how much memory they take, in UTF-16 units: the texts, and a little for everything else. */
  get length(): number {
    return this.#length;
  }

  /** The work to process them, in units. */
  get work(): number {
    return Math.ceil(this.#work);
  }

  /** The same, mutable. */
  copy(): Size {
    const copy = new Size();
    copy.#length = this.#length;
    copy.#work = this.#work;
    return copy;
  }

  /** A value with everything in it. */
  add(value: unknown): void {
    if (typeof value === "string") this.text(value);
    else this.node(value);
    if (Array.isArray(value)) {
      for (const one of value) this.add(one);
    } else if (typeof value === "object" && value !== null) {
      for (const key in value) {
        this.key(key);
        this.add((value as Record<string, unknown>)[key]);
      }
    }
  }

  /** A value without its contents, and not a text. */
  node(value: unknown): void {
    this.#length += typeof value === "object" && value !== null ? CONTAINER_LENGTH : NODE_LENGTH;
    this.#work += NODE_COST;
    if (typeof value === "bigint") this.#work += BIGINT_COST;
    else if (typeof value === "number" && !Number.isSafeInteger(value)) this.#work += FRACTION_COST;
  }

  text(text: string): void {
    this.#length += text.length;
    this.#work += NODE_COST + text.length / TEXT_PER_UNIT;
  }

  /** Of a map. */
  key(key: string): void {
    this.#length += key.length;
    const first = key.charCodeAt(0);
    this.#work += key.length / TEXT_PER_UNIT + (first >= 0x30 && first <= 0x39 ? INDEX_PROPERTY_COST : NODE_COST);
  }
}

/** Of one value. */
export function sizeOf(value: unknown): Size {
  const size = new Size();
  size.add(value);
  return size;
}
