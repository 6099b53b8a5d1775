/** `public/marketing/*.json`: how the service presents itself. Without numbers: those come from the log. */
import { type Static, type TObject, Type } from "@sinclair/typebox";
import { parseJsonFile } from "./json.ts";
import type { SourceFile } from "./tree.ts";

/** No digits: a figure that nobody counted cannot be claimed. */
const Claim = Type.String({ minLength: 1, maxLength: 300, pattern: String.raw`^\D*$` });
const Id = Type.String({ pattern: "^[a-z][a-z_]*$" });

const schema = Type.Partial(
  Type.Object({
    headlines: Type.Array(item({ id: Id, title: Claim, text: Type.Optional(Claim) })),
    calls_to_action: Type.Array(item({ id: Id, label: Claim, href: Type.String({ pattern: "^(/|https://)" }) })),
    selling_points: Type.Array(item({ id: Id, title: Claim, text: Claim })),
  }),
  { additionalProperties: false },
);

export type Marketing = Required<Static<typeof schema>>;

/** All files as one, in order of their names. Throws if one does not match the schema, or an id is repeated. */
export function gatherMarketing(files: Iterable<SourceFile>): Marketing {
  const all: Marketing = { headlines: [], calls_to_action: [], selling_points: [] };
  const ids = new Map<string, string>();
  for (const { path, bytes } of files) {
    const one = parseJsonFile(schema, { text: bytes.toString(), path });
    for (const kind of ["headlines", "calls_to_action", "selling_points"] as const) {
      for (const { id } of one[kind] ?? []) {
        const other = ids.get(`${kind}/${id}`);
        if (other) throw new Error(`Cannot read ${path}: ${kind} ${id} is in ${other} already`);
        ids.set(`${kind}/${id}`, path);
      }
    }
    all.headlines.push(...(one.headlines ?? []));
    all.calls_to_action.push(...(one.calls_to_action ?? []));
    all.selling_points.push(...(one.selling_points ?? []));
  }
  return all;
}

function item<Fields extends TObject["properties"]>(fields: Fields) {
  return Type.Object(fields, { additionalProperties: false });
}
