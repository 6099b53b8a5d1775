/**
 * What one scope has used of a quota: a sliding window over a minute, counted in slots of ten seconds.
 *
 * The window at an instant is the current slot so far, the five whole ones before it, and the part of the one before
 * those that is still less than a minute old. Of that oldest slot only the sum is known, so its requests are assumed to
 * be evenly spread; Cloudflare's counter does the same with slots as long as the window. Hence:
 *
 * - within 50 seconds at most the quota is admitted, whatever the pattern;
 * - within 60 seconds at most twice the quota: the whole of it in one burst, and while that fades, from the 50th second
 *   on, as much again spread over ten seconds. A caller who spreads a quota evenly is never refused;
 * - what was admitted counts for at most 70 seconds.
 *
 * Refusals do not count: a caller who keeps trying is admitted when the time has come.
 */
export const WINDOW_MS = 60_000;
export const SLOT_MS = 10_000;
/** Whole slots in a window. */
const SLOTS = WINDOW_MS / SLOT_MS;
/** Slots that matter at an instant: only a part of the oldest counts. */
const RING = SLOTS + 1;
/** What distinguishes no more than a quota from less than it. */
const LESS = 1e-6;

/** The slot of an instant. All processes number slots alike, by the database's clock. */
export function slotAt(now_ms: number): number {
  return Math.floor(now_ms / SLOT_MS);
}

/** The oldest slot that still counts while `slot` is the current one. */
export function oldestSlot(slot: number): number {
  return slot - SLOTS;
}

/** Instants are Unix milliseconds. */
export class Usage {
  /** Admitted by this process, by slot: its index is the slot's number modulo the ring's length. */
  readonly #own = zeros();
  /** Admitted by the other processes, as they last reported. */
  readonly #others = zeros();
  /** The newest slot in the rings. */
  #newest = 0;

  /**
   * How many the window at `now_ms` contains; the oldest slot counts in part. One more fits while it is below a quota.
   */
  used(now_ms: number): number {
    const slot = this.#advance(now_ms);
    let used = this.#count(oldestSlot(slot)) * (1 - passed(slot, now_ms));
    for (let each = slot - SLOTS + 1; each <= slot; each++) used += this.#count(each);
    return used;
  }

  /** Counts one, admitted by this process. */
  add(now_ms: number): void {
    const place = this.#advance(now_ms) % RING;
    this.#own[place] = (this.#own[place] as number) + 1;
  }

  /** Milliseconds until the window contains less than `quota`; 0 if it does. */
  roomIn(now_ms: number, quota: number): number {
    const slot = this.#advance(now_ms);
    let excess = this.used(now_ms) - quota + LESS;
    let wait_ms = 0;
    // The oldest slot fades evenly while the current one passes, then the next does.
    for (let ahead = 0; excess > 0 && ahead <= SLOTS; ahead++) {
      const share = ahead === 0 ? 1 - passed(slot, now_ms) : 1;
      const fading = this.#count(oldestSlot(slot) + ahead) * share;
      const needed = fading > excess ? excess / fading : 1;
      wait_ms += needed * share * SLOT_MS;
      excess -= fading;
    }
    return wait_ms;
  }

  /** Milliseconds until nothing counts any more, if nothing is added. */
  emptyIn(now_ms: number): number {
    const slot = this.#advance(now_ms);
    for (let each = slot; each >= oldestSlot(slot); each--) {
      if (this.#count(each) > 0) return (each + RING) * SLOT_MS - now_ms;
    }
    return 0;
  }

  /** What this process admitted, as `[slot, count]`, in the slots that still count. */
  own(now_ms: number): [slot: number, count: number][] {
    const slot = this.#advance(now_ms);
    const admitted: [number, number][] = [];
    for (let each = oldestSlot(slot); each <= slot; each++) {
      const count = this.#own[each % RING] as number;
      if (count > 0) admitted.push([each, count]);
    }
    return admitted;
  }

  /** Replaces what the other processes admitted. */
  learn(now_ms: number, others: readonly (readonly [slot: number, count: number])[]): void {
    const slot = this.#advance(now_ms);
    this.#others.fill(0);
    for (const [each, count] of others) {
      // A clock that is slightly fast may have reached the next slot already; anything beyond never happened.
      if (each < oldestSlot(slot) || each > slot + 1) continue;
      const place = Math.min(each, slot) % RING;
      this.#others[place] = (this.#others[place] as number) + count;
    }
  }

  /** Moves what was counted under a time that turns out to have been this many slots behind or, if negative, ahead. */
  shift(slots: number): void {
    if (this.#newest === 0) return;
    const [own, others] = [[...this.#own], [...this.#others]];
    for (let each = oldestSlot(this.#newest); each <= this.#newest; each++) {
      this.#own[(each + slots) % RING] = own[each % RING] as number;
      this.#others[(each + slots) % RING] = others[each % RING] as number;
    }
    this.#newest += slots;
  }

  /**
   * Makes room for the slots up to now, and returns the current one. A clock that was set back a little stands still.
   */
  #advance(now_ms: number): number {
    const slot = slotAt(now_ms);
    if (slot <= this.#newest) return this.#newest;
    for (let each = Math.max(this.#newest + 1, oldestSlot(slot)); each <= slot; each++) {
      this.#own[each % RING] = 0;
      this.#others[each % RING] = 0;
    }
    this.#newest = slot;
    return slot;
  }

  #count(slot: number): number {
    const place = slot % RING;
    return (this.#own[place] as number) + (this.#others[place] as number);
  }
}

/** How much of the slot has passed, from 0 to 1. */
function passed(slot: number, now_ms: number): number {
  return Math.max(0, now_ms / SLOT_MS - slot);
}

function zeros(): number[] {
  return new Array<number>(RING).fill(0);
}
