/** What is done to the HTML of every page: links lead where they should, wide things can be scrolled by keyboard. */
import { posix } from "node:path";

/**
 * Rewrites a body whose source is at `path`. Relative addresses are those of files beside it: `addressOf` says where
 * such a file is served, by its path in `public/`; where it does not know, the address stays as it would be resolved.
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

/** Neither an address of its own (`https:`, `mailto:`), nor of this host (`/`), nor within the page (`#`). */
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
