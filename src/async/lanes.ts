interface Lane<Item> {
  items: Item[];
  /** Of all of them. */
  length: number;
}

/** Queues by owner that take turns: the owner who had the last turn goes to the end. */
export class Lanes<Item> {
  readonly #lengthOf: (item: Item) => number;
  readonly #lanes = new Map<string | null, Lane<Item>>();
  #size = 0;
  #length = 0;

  /** @param lengthOf the length of an item, for total lengths; 1 by default */
  constructor(lengthOf: (item: Item) => number = () => 1) {
    this.#lengthOf = lengthOf;
  }

  /** How many items wait. */
  get size(): number {
    return this.#size;
  }

  /** The length of all that wait. */
  get length(): number {
    return this.#length;
  }

  /** The length of an owner's waiting items. */
  lengthOf(whose: string | null): number {
    return this.#lanes.get(whose)?.length ?? 0;
  }

  add(whose: string | null, item: Item): void {
    const lane = this.#lanes.get(whose) ?? { items: [], length: 0 };
    lane.items.push(item);
    this.#lanes.set(whose, lane);
    this.#size++;
    this.#count(lane, this.#lengthOf(item));
  }

  /** Takes the oldest item of the next owner; an owner whose oldest item may not go now is skipped. */
  take(mayGo: (item: Item) => boolean = () => true): Item | undefined {
    for (const [whose, lane] of this.#lanes) {
      if (!mayGo(lane.items[0] as Item)) continue;
      const item = lane.items.shift() as Item;
      this.#lanes.delete(whose);
      if (lane.items.length > 0) this.#lanes.set(whose, lane);
      this.#size--;
      this.#count(lane, -this.#lengthOf(item));
      return item;
    }
    return undefined;
  }

  /** Removes whatever need not wait any more. */
  takeOut(isOver: (item: Item) => boolean): Item[] {
    const out: Item[] = [];
    for (const [whose, lane] of this.#lanes) {
      const over = lane.items.filter(isOver);
      if (over.length === 0) continue;
      out.push(...over);
      lane.items = lane.items.filter((item) => !isOver(item));
      if (lane.items.length === 0) this.#lanes.delete(whose);
      for (const item of over) this.#count(lane, -this.#lengthOf(item));
    }
    this.#size -= out.length;
    return out;
  }

  #count(lane: Lane<Item>, length: number): void {
    lane.length += length;
    this.#length += length;
  }
}
