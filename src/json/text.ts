/** Text is measured in code points, as in JSON Schema: an emoji is one character, not two. */

/** A text's first `count` characters. */
export function firstCharacters(text: string, count: number): string {
  if (text.length <= count) return text;
  let units = 0;
  let left = count;
  for (const character of text) {
    if (left-- === 0) break;
    units += character.length;
  }
  return text.slice(0, units);
}

/** A text's first `count` characters, with an ellipsis if there are more. */
export function excerpt(text: string, count: number): string {
  const first = firstCharacters(text, count);
  return first.length === text.length ? text : `${first}…`;
}

/** Whether a text has at least `min` and at most `max` characters. Long texts are not counted to the end. */
export function hasLength(text: string, { min = 0, max = Number.POSITIVE_INFINITY }): boolean {
  const units = text.length;
  if (units < min || units > 2 * max) return false;
  // There are at most as many characters as units, and at least half as many.
  if (units <= max && units >= 2 * min) return true;
  let count = 0;
  for (const _ of text) if (++count > max) return false;
  return count >= min;
}
