/** JSON pointers (RFC 6901) for messages and errors, cut if they are long. */
import { excerpt, hasLength } from "./text.ts";

/** In characters. Keys are the caller's, and may be as long as a body: only the beginning of a longer one is shown. */
const MAX_POINTER_LENGTH = 200;

/** The pointer to a member or an item of what `pointer` points to, cut. Below a cut place, it stays the same. */
export function pointerTo(pointer: string, key: string | number): string {
  if (!hasLength(pointer, { max: MAX_POINTER_LENGTH })) return pointer;
  return cutPointer(`${pointer}/${typeof key === "number" ? key : escaped(key)}`);
}

/** A pointer's first {@link MAX_POINTER_LENGTH} characters, with an ellipsis if there are more. */
export function cutPointer(pointer: string): string {
  return excerpt(pointer, MAX_POINTER_LENGTH);
}

/** A key's beginning is enough, if it is longer than a pointer can be. */
function escaped(key: string): string {
  return key
    .slice(0, 2 * MAX_POINTER_LENGTH + 1)
    .replaceAll("~", "~0")
    .replaceAll("/", "~1");
}
