/** A test's own `public/` folder. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Removed at the end of the scope. */
export interface SiteFolder extends AsyncDisposable {
  readonly dir: string;
  write(path: string, content: string | Uint8Array): Promise<void>;
}

const BASIC: Readonly<Record<string, string>> = {
  "site.json": JSON.stringify({
    name: "Example",
    image: "/public/assets/preview.png",
    image_alt: "A preview",
    nav: [
      { title: "Docs", href: "/public/docs" },
      { title: "Blog", href: "/public/blog" },
    ],
    sections: { docs: "Documentation" },
  }),
  "assets/site.css": "body { margin: 0; }\n",
};

/** A folder with settings, a style sheet and the given files. */
export async function siteFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<SiteFolder> {
  const dir = await mkdtemp(join(tmpdir(), "levqor-site-"));
  const write = async (path: string, content: string | Uint8Array) => {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  };
  for (const [path, content] of Object.entries({ ...BASIC, ...files })) await write(path, content);
  return { dir, write, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

/** The source of a page. */
export function source(front: Readonly<Record<string, unknown>>, body: string): string {
  const all = {
    title: "A page",
    description: "A page that a test has written, of fifty characters and more.",
    ...front,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `---\n${lines.join("\n")}\n---\n${body}`;
}
