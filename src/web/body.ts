/** What is done to the HTML of every page: links are resolved, wide things can be scrolled by keyboard. */
import { posix } from "node:path";

/**
 * Rewrites a body whose source is at `path`. Relative links refer to neighbouring files: `addressOf` returns where such
 * a file is served, by its path in `public/`; if it does not know, the link is only resolved.
 */
export function finishBody(
  html: string,
  { path, addressOf }: { path: string; addressOf: (path: string) => string | undefined },
): string {
  const rewrite = (name: string) => ({
    element(element: HTMLRewriterTypes.Element) {
      const address = element.getAttribute(name);
      if (address !== null && isRelative(address)) element.setAttribute(name, resolve(address));
    },
  });
  const resolve = (address: string) => {
    const [, file = "", rest = ""] = /^([^?#]*)(.*)$/s.exec(address) ?? [];
    const target = posix.join(posix.dirname(path), decode(file));
    return (addressOf(target) ?? `/public/${encodeURI(target)}`) + rest;
  };
  return new HTMLRewriter()
    .on("a[href]", rewrite("href"))
    .on("img[src]", rewrite("src"))
    .on("img", { element: (image) => void image.setAttribute("loading", "lazy") })
    .on("pre", { element: (pre) => void pre.setAttribute("tabindex", "0") })
    .on("table", {
      element(table) {
        table.before('<div class="table" tabindex="0" role="group" aria-label="Table">', { html: true });
        table.after("</div>", { html: true });
      },
    })
    .transform(html);
}

/** Neither an absolute URL (`https:`, `mailto:`), nor a path on this host (`/`), nor a fragment (`#`). */
function isRelative(address: string): boolean {
  return !/^(?:[a-z][a-z\d+.-]*:|\/|#|$)/i.test(address);
}

function decode(file: string): string {
  try {
    return decodeURIComponent(file);
  } catch {
    return file;
  }
}
