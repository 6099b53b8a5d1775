/**
 * Marks the parts of an event's data that say something about a person. Code that must treat personal data differently
 * finds them in the schemas, and does not have to know each event type.
 *
 * Such a part is recorded as it is, or sealed: a {@link Sealed} value stands in its place.
 */
import { Kind, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";
import { decodeKept } from "../src/json/mod.ts";

/**
 * What a part is kept for, and so for how long: `profile` until its person is erased, `trace` (an IP address, a user
 * agent) for weeks, `evidence` (of a consent) while it is relied on, `fiscal` for as long as tax law requires.
 */
export const personalClasses = ["profile", "trace", "evidence", "fiscal"] as const;
export type PersonalClass = (typeof personalClasses)[number];

const MARK = "x-personal";
const IF_SUBJECT = "x-personal-if-subject";

/** Whether a keyword of a schema is such a mark. */
export function isPersonalMark(keyword: string): boolean {
  return keyword === MARK || keyword === IF_SUBJECT;
}

/** Marks a part of an event's data as personal: text that a person wrote, or data that identifies one. */
export function personal<Schema extends TSchema>(schema: Schema, kept_as: PersonalClass = "profile"): Schema {
  return { ...schema, [MARK]: kept_as };
}

/** Marks a part as personal in events that name a subject, and only there: it may be about anything. */
export function personalIfSubject<Schema extends TSchema>(schema: Schema): Schema {
  return { ...personal(schema), [IF_SUBJECT]: true };
}

/** Which personal parts are meant: by default all. */
interface Wanted {
  readonly kept_as?: PersonalClass;
  /** Only those that are personal in every event. */
  readonly always?: boolean;
}

/**
 * JSON pointers to a schema's personal parts, with `*` for any item of an array or any key of a record. Nothing inside a
 * marked part is listed.
 */
export function personalPointers(schema: TSchema, wanted: Wanted = {}): readonly string[] {
  return [...new Set(pointersIn(schema, { path: "", wanted }))];
}

interface Search {
  readonly path: string;
  readonly wanted: Wanted;
}

function* pointersIn(schema: TSchema, { path, wanted }: Search): Generator<string> {
  const mark = schema[MARK];
  if (mark) {
    const { kept_as, always = false } = wanted;
    if ((kept_as === undefined || mark === kept_as) && !(always && schema[IF_SUBJECT])) yield path;
    return;
  }
  for (const [name, part] of partsOf(schema)) {
    yield* pointersIn(part, { path: name === undefined ? path : `${path}/${name}`, wanted });
  }
}

/** The parts of a schema; `undefined` instead of a name: the part describes the value itself. */
function* partsOf(schema: TSchema): Generator<[name: string | undefined, part: TSchema]> {
  const { properties = {}, patternProperties = {}, items, anyOf = [], allOf = [] } = schema;
  for (const [name, part] of Object.entries<TSchema>(properties)) yield [escaped(name), part];
  for (const part of Object.values<TSchema>(patternProperties)) yield ["*", part];
  for (const part of [items ?? []].flat() as TSchema[]) yield ["*", part];
  for (const part of [...anyOf, ...allOf] as TSchema[]) yield [undefined, part];
}

/** A name as a part of a JSON pointer. */
function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The only member of a sealed value. */
const SEALED = "$sealed";

/**
 * Stands in an event's data for a part that was encrypted: `{"$sealed": "…"}`, which only the vault makes and opens. The
 * log refuses a plain value that looks like it in the place of a personal part, so whatever looks like it there when it
 * is read is one.
 */
export class Sealed {
  readonly [SEALED]: string;

  constructor(text: string) {
    this[SEALED] = text;
  }
}

/** The text of a sealed value, as it was made or as it is read from the log; `undefined` for any other value. */
export function sealedText(value: unknown): string | undefined {
  if (value === null || typeof value !== "object" || !Object.hasOwn(value, SEALED)) return undefined;
  const text = (value as { [SEALED]: unknown })[SEALED];
  return typeof text === "string" && Object.keys(value).length === 1 ? text : undefined;
}

/** Where a personal part of some data is. */
export interface PersonalPlace {
  /** Its JSON pointer. It may contain a key of a record, which is personal itself. */
  readonly pointer: string;
  /** The pointer that led there, with `*`. */
  readonly pattern: string;
}

type Replace = (value: unknown, place: PersonalPlace) => unknown;

/**
 * Data with some parts replaced: those at `pointers`, as {@link personalPointers} lists them, that exist. Nothing is
 * changed in place; data in which nothing is replaced is returned as it is.
 */
export function replaceParts(data: unknown, pointers: readonly string[], replace: Replace): unknown {
  return replaced(data, { tree: treeOf(pointers), pointer: "", replace });
}

/** Pointers as a tree of their names. `pattern`: one of them ends here. */
interface Tree {
  pattern?: string;
  readonly names: Map<string, Tree>;
}

const trees = new WeakMap<readonly string[], Tree>();

function treeOf(pointers: readonly string[]): Tree {
  const known = trees.get(pointers);
  if (known) return known;
  const root: Tree = { names: new Map() };
  for (const pattern of pointers) {
    let tree = root;
    for (const name of pattern.split("/").slice(1)) {
      const next = tree.names.get(name) ?? { names: new Map() };
      tree.names.set(name, next);
      tree = next;
    }
    tree.pattern = pattern;
  }
  trees.set(pointers, root);
  return root;
}

function replaced(value: unknown, at: { tree: Tree; pointer: string; replace: Replace }): unknown {
  const { tree, pointer, replace } = at;
  if (tree.pattern !== undefined) return replace(value, { pointer, pattern: tree.pattern });
  const parts = decodeKept(value);
  if (parts === null || typeof parts !== "object") return value;
  const part = (name: string, old: unknown) => {
    const step = escaped(name);
    const next = tree.names.get(Array.isArray(parts) ? "*" : step) ?? tree.names.get("*");
    return next === undefined ? old : replaced(old, { tree: next, pointer: `${pointer}/${step}`, replace });
  };
  if (Array.isArray(parts)) {
    const items = parts.map((item, index) => part(String(index), item));
    return items.every((item, index) => item === parts[index]) ? value : items;
  }
  let isChanged = false;
  const members = Object.entries(parts).map(([name, old]) => {
    const member = old === undefined ? old : part(name, old);
    isChanged ||= member !== old;
    return [name, member];
  });
  return isChanged ? Object.fromEntries(members) : value;
}

const SEALED_KIND = "Sealed";
TypeRegistry.Set(SEALED_KIND, (_schema, value) => value instanceof Sealed);
const SealedPart = Type.Unsafe({ [Kind]: SEALED_KIND });

/** The schema of data whose personal parts may be sealed; the schema itself if it has none. */
export function acceptingSealed(schema: TSchema): TSchema {
  return accepting(schema) as TSchema;
}

function accepting(part: unknown): unknown {
  if (part === null || typeof part !== "object") return part;
  if (Array.isArray(part)) {
    const items = part.map(accepting);
    return items.every((item, index) => item === part[index]) ? part : items;
  }
  if ((part as TSchema)[MARK]) return Type.Union([part as TSchema, SealedPart]);
  let copy: Record<string, unknown> | undefined;
  for (const [key, value] of Object.entries(part)) {
    const accepted = accepting(value);
    if (accepted === value) continue;
    copy ??= { ...part };
    copy[key] = accepted;
  }
  return copy ?? part;
}
