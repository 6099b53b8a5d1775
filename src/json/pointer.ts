/** JSON pointers (RFC 6901). */

/** The pointer to a member or an item of what `pointer` points to. */
export function pointerTo(pointer: string, key: string | number): string {
  return `${pointer}/${typeof key === "number" ? key : key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
