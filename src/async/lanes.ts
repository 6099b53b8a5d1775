/** What waits, by whose it is. They take turns: whoever had theirs last is last. */
export class Lanes<Item> {
  readonly #lanes = new Map<string | null, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(whose: string | null, item: Item): void {
    const lane = this.#lanes.get(whose) ?? [];
    lane.push(item);
    this.#lanes.set(whose, lane);
    this.#size++;
  }

  /** What waits of theirs. */
  of(whose: string | null): readonly Item[] {
    return this.#lanes.get(whose) ?? [];
  }

  /** Takes the oldest of whoever comes next; of those whose oldest may not go now, nothing is taken. */
  take(mayGo: (item: Item) => boolean = () => true): Item | undefined {
    for (const [whose, lane] of this.#lanes) {
      if (!mayGo(lane[0] as Item)) continue;
      const item = lane.shift();
      this.#lanes.delete(whose);
      if (lane.length > 0) this.#lanes.set(whose, lane);
      this.#size--;
      return item;
    }
    return undefined;
  }

  /** Takes out whatever need not wait any more. */
  takeOut(isOver: (item: Item) => boolean): Item[] {
    const out: Item[] = [];
    for (const [whose, lane] of this.#lanes) {
      const left = lane.filter((item) => !isOver(item));
      if (left.length === lane.length) continue;
      out.push(...lane.filter(isOver));
      if (left.length > 0) this.#lanes.set(whose, left);
      else this.#lanes.delete(whose);
    }
    this.#size -= out.length;
    return out;
  }
}
