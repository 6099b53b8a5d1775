import { describe, expect, test } from "bun:test";
import { htmlOf, textOf } from "../../src/mail/letter.tsx";
import { parseTemplate, readTemplates } from "../../src/mail/template.ts";

const template = (body: string, front = "subject: Sign in\nsender: no-reply") =>
  parseTemplate(`---\n${front}\n---\n\n${body}\n`);

describe("a template", () => {
  test("has paragraphs, lists, buttons and values, as HTML and as text", () => {
    const { fill, sender, names } = template(
      "Hello {{name}},\nhere it is:\n\n{{quoted}}\n\n- until {{time}}\n- only once\n\n[Sign in now]({{url}})",
    );
    expect([sender, [...names]]).toEqual(["no-reply", ["name", "quoted", "time", "url"]]);
    const letter = fill({ name: "Ada", quoted: { quote: "Hi" }, time: "9:40", url: "https://levqor.ai/a?b=1#c_d" });
    expect(letter).toEqual({
      subject: "Sign in",
      paragraphs: [
        "Hello Ada, here it is:",
        { quote: "Hi" },
        { list: ["until 9:40", "only once"] },
        { link: { label: "Sign in now", href: "https://levqor.ai/a?b=1#c_d" } },
      ],
    });
    expect(textOf(letter)).toContain("- until 9:40\n- only once\n\nSign in now: https://levqor.ai/a?b=1#c_d\n");
    expect(htmlOf(letter)).toContain("<ul><li>until 9:40</li><li>only once</li></ul>");
  });

  test("shows values as text, even if they are Markdown, HTML or placeholders", () => {
    const { fill } = template("Hello {{name}}.", 'subject: "For {{name}}"\nsender: support');
    const name = "[x](https://evil.example) <b>*{{name}}*</b>";
    const letter = fill({ name });
    expect(letter).toEqual({ subject: `For ${name}`, paragraphs: [`Hello ${name}.`] });
    expect(htmlOf(letter)).not.toMatch(/<a|<b>/);
  });

  test("needs its values, and text where there is text around them", () => {
    const { fill } = template("Hello {{name}}.");
    expect(() => fill({})).toThrow("Cannot fill a template: it needs a value for {{name}}");
    expect(() => fill({ name: { quote: "Ada" } })).toThrow("{{name}} must be text there");
  });

  test.each([
    ["no front matter", () => parseTemplate("Hello"), "it does not begin with front matter"],
    ["no subject", () => template("Hello", "sender: support"), "its front matter is wrong at /subject"],
    ["an unknown sender", () => template("Hello", "subject: S\nsender: sales"), "its front matter is wrong at /sender"],
    ["HTML", () => template("<script>alert(1)</script>"), "a mail has paragraphs, lists and links, and no html"],
    ["a heading", () => template("# Hello"), "and no heading: # Hello"],
    ["emphasis", () => template("Hello *Ada*"), "text in a mail is plain, without em: *Ada*"],
  ])("with %s is refused", (_, parse, message) => {
    expect(parse).toThrow(message);
  });
});

test("each template in public/mail can be filled, and says something", () => {
  const templates = readTemplates();
  expect([...templates.keys()]).toContain("support_answer");
  for (const [name, { names, fill }] of templates) {
    const letter = fill(Object.fromEntries([...names].map((each) => [each, `https://levqor.ai/${each}`])));
    expect([name, letter.paragraphs.length > 0]).toEqual([name, true]);
  }
});
