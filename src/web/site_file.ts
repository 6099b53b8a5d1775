/** `public/site.json`: what all pages share. */
import { type Static, Type } from "@sinclair/typebox";
import { parseJsonFile } from "./json.ts";

const Settings = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    /** Addresses under `/public/`. */
    image: Type.String({ pattern: "^/public/" }),
    image_alt: Type.String({ minLength: 1 }),
    nav: Type.Array(
      Type.Object(
        { title: Type.String({ minLength: 1 }), href: Type.String({ pattern: "^/" }) },
        { additionalProperties: false },
      ),
    ),
    /** The name of a folder's navigation, by folder; others have none. */
    sections: Type.Record(Type.String(), Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);

export type Settings = Static<typeof Settings>;

export function parseSettings(text: string): Settings {
  return parseJsonFile(Settings, { text, path: "site.json" });
}
