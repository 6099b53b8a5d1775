import { describe, expect, test } from "bun:test";
import { parseFrontMatter } from "../../src/web/front_matter.ts";

const DESCRIPTION = "What an error answer says, and what a client does about it.";
const page = (front: string) => `---\n${front}\n---\n## Text\n`;

describe("front matter", () => {
  test("is removed from the body", () => {
    const text = page(`title: "Errors: all of them"\ndescription: ${DESCRIPTION}\ndate: 2025-11-06\norder: 3`);
    expect(parseFrontMatter(text, "docs/errors.md")).toEqual({
      front: { title: "Errors: all of them", description: DESCRIPTION, date: "2025-11-06", order: 3 },
      body: "## Text\n",
    });
    expect(parseFrontMatter(text.replaceAll("\n", "\r\n"), "a.md").body).toBe("## Text\r\n");
  });

  test.each([
    ["no front matter", "## Text\n", "Cannot read docs/a.md: it does not begin with front matter"],
    ["no YAML", page("title: [1"), "its front matter is no YAML"],
    ["no title", page(`description: ${DESCRIPTION}`), "front matter of docs/a.md: /title: Expected required property"],
    [
      "a short description",
      page("title: A\ndescription: Short."),
      'front matter of docs/a.md: /description: Expected string length greater or equal to 50, found "Short."',
    ],
    [
      "a key that is none",
      page(`title: A\ndescription: ${DESCRIPTION}\nauthor: B`),
      "front matter of docs/a.md: /author: Unexpected property",
    ],
    [
      "a day that is none",
      page(`title: A\ndescription: ${DESCRIPTION}\ndate: 2025-02-31`),
      "there is no date 2025-02-31",
    ],
    [
      "a date of another kind",
      page(`title: A\ndescription: ${DESCRIPTION}\nupdated: 6 Nov 2025`),
      "front matter of docs/a.md: /updated: Expected string to match",
    ],
  ])("rejects %s, with the reason", (_, text, message) => {
    expect(() => parseFrontMatter(text, "docs/a.md")).toThrow(message);
  });
});
