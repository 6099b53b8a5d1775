import { describe, expect, test } from "bun:test";
import { renderMarkdown } from "../../src/web/markdown.ts";

const html = (source: string) => renderMarkdown(source).html;

describe("Markdown", () => {
  test("has headings with GitHub's anchors, each once", () => {
    const { html, headings } = renderMarkdown("## What's `new` & <b>good</b>?\n\n## Retrying\n\n### Retrying\n");
    expect(headings).toEqual([
      { depth: 2, text: "What's new & good?", id: "whats-new--good" },
      { depth: 2, text: "Retrying", id: "retrying" },
      { depth: 3, text: "Retrying", id: "retrying-1" },
    ]);
    expect(html).toContain(
      '<h3 id="retrying-1">Retrying<a class="anchor" href="#retrying-1" aria-label="Link to this section: Retrying">#</a></h3>',
    );
  });

  test("has code blocks as they were written, tables, and lists of tasks", () => {
    expect(html('```json\n{ "a": "<b>&amp;" }\n```')).toBe(
      '<pre><code class="language-json">{ "a": "&lt;b&gt;&amp;amp;" }\n</code></pre>\n',
    );
    const table = html("| a | b |\n|---|--:|\n| 1 | `x|y` |\n");
    expect(table).toContain("<th>a</th>");
    expect(table).toContain('<td align="right">');
    expect(html("- [x] done\n- [ ] open")).toBe("<ul>\n<li>☑ done</li>\n<li>☐ open</li>\n</ul>\n");
  });

  test("keeps links and images with allowed targets", () => {
    expect(html("[a](https://example.com/?a=1&b=2 'title')")).toBe(
      '<p><a href="https://example.com/?a=1&amp;b=2" title="title">a</a></p>\n',
    );
    expect(html("[a](mailto:a@example.com) [b](errors.md#x) ![c](picture.png)")).toBe(
      '<p><a href="mailto:a@example.com">a</a> <a href="errors.md#x">b</a> <img src="picture.png" alt="c" /></p>\n',
    );
  });
});

/** After OWASP's filter evasion cheat sheet, the mutation tricks of DOMPurify's tests, and Markdown's own ways. */
const ATTACKS = [
  "<script>alert(1)</script>",
  "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
  "<scr<script>ipt>alert(1)</scr</script>ipt>",
  "<script\u00a0>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '<img src="x" onerror="alert(1)" alt=\'y\'>',
  "<img/src='x'/onerror=alert(1)>",
  '<img """><script>alert(1)</script>">',
  "<img src=`javascript:alert(1)`>",
  "<img src=javascript:alert(1)>",
  "<img src=https://evil.example/pixel.png>",
  "<img src=//evil.example/pixel.png>",
  "<img srcset='https://evil.example/p.png 1x' src=a.png>",
  "![x](https://evil.example/pixel.png)",
  "![x](javascript:alert(1))",
  "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIj4=)",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](java\tscript:alert(1))",
  "[x](java&#x09;script:alert(1))",
  "[x](&#106;avascript:alert(1))",
  "[x](&#x6A;&#x61;vascript&colon;alert(1))",
  "[x](javascript&#58;alert(1))",
  "[x](\u0001javascript:alert(1))",
  "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
  "[x](vbscript:msgbox(1))",
  "[x](file:///etc/passwd)",
  "[x](//evil.example)",
  "[x]: javascript:alert(1)\n\n[x]",
  "<javascript:alert(1)>",
  '[x](https://example.com "onmouseover=alert(1) x=\\"")',
  "[x](https://example.com'onmouseover='alert(1))",
  '<a href="javascript:alert(1)">x</a>',
  "<a href=' javascript:alert(1)'>x</a>",
  '<a href="jav&#x0A;ascript:alert(1)">x</a>',
  '<a href="https://example.com" target="_blank" onclick="alert(1)" style="position:fixed">x</a>',
  "<svg onload=alert(1)>",
  "<svg><script>alert(1)</script></svg>",
  "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
  "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<math><mi//xlink:href="data:x,<script>alert(1)</script>">',
  "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  "<textarea></textarea><img src=x onerror=alert(1)></textarea>",
  "<title><img src=x onerror=alert(1)></title>",
  "<xmp><img src=x onerror=alert(1)></xmp>",
  "<iframe src=javascript:alert(1)></iframe>",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<object data=javascript:alert(1)></object>",
  "<embed src=javascript:alert(1)>",
  "<base href=https://evil.example/>",
  "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
  "<link rel=stylesheet href=https://evil.example/x.css>",
  "<style>@import 'https://evil.example/x.css';</style>",
  "<style>body{background:url(javascript:alert(1))}</style>",
  "<p style='background:url(javascript:alert(1))'>x</p>",
  "<div style='width:expression(alert(1))'>x</div>",
  "<body onload=alert(1)>",
  "<details open ontoggle=alert(1)><summary>x</summary></details>",
  "<input autofocus onfocus=alert(1)>",
  "<input type=image src=x onerror=alert(1)>",
  "<input type=checkbox formaction=javascript:alert(1) onchange=alert(1)>",
  "<form action=javascript:alert(1)><button>x</button></form>",
  "<button formaction=javascript:alert(1)>x</button>",
  "<select onchange=alert(1)><option>x</select>",
  "<video><source onerror=alert(1)></video>",
  "<audio src=x onerror=alert(1)>",
  "<marquee onstart=alert(1)>x</marquee>",
  "<template><script>alert(1)</script></template>",
  "<p id=location>x</p><form id=document></form><img name=getElementById>",
  '<code class="language-x" onclick="alert(1)">x</code>',
  '```"><script>alert(1)</script>\nx\n```',
  "```x onclick=alert(1)\nx\n```",
  "`<script>alert(1)</script>`",
  "## <img src=x onerror=alert(1)>",
  '## " onmouseover="alert(1)',
  "## <script>alert(1)</script>",
  "| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |",
  "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
  "<!-- --!><img src=x onerror=alert(1)>-->",
  "<![CDATA[<script>alert(1)</script>]]>",
  "<?xml version='1.0'?><script>alert(1)</script>",
  "<a\u2028href=javascript:alert(1)>x</a>",
  "<img src=x:x onerror\u000c=alert(1)>",
  "<img src='x\u0000' onerror=alert(1)>",
  "%3Cscript%3Ealert(1)%3C/script%3E",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
];

const ELEMENTS = new Set(
  (
    "h1 h2 h3 h4 h5 h6 p hr br blockquote pre code ul ol li table thead tbody tr th td a img strong em b i del " +
    "details summary"
  ).split(" "),
);
/** What they may have, and what may be in it. */
const ATTRIBUTES: Record<string, RegExp> = {
  id: /^(?!location|document)[\w-]*$/,
  href: /^(?:https?:\/\/example\.com\b|mailto:|#|(?![a-z]+:)(?!\/\/)[\w/.%&;'()+,=-]*$)/i,
  src: /^[\w./\ufffd-]*$/,
  class: /^(?:anchor|language-[^\s]*)$/,
  align: /^(?:left|center|right)$/,
  title: /^/,
  alt: /^/,
  "aria-label": /^/,
};

describe("nothing active gets through:", () => {
  test.each(ATTACKS.map((attack) => [JSON.stringify(attack), attack] as const))("%s", (_, attack) => {
    const found: string[] = [];
    // A parser of another make than the sanitiser's.
    const reader = new HTMLRewriter().on("*", {
      element({ tagName, attributes }) {
        if (!ELEMENTS.has(tagName)) found.push(tagName);
        for (const [name = "", value = ""] of attributes) {
          if (!ATTRIBUTES[name]?.test(value)) found.push(`${tagName} ${name}=${value}`);
        }
      },
    });
    for (const source of [attack, `Before ${attack} after`, `> ${attack}`, `- ${attack}`]) {
      reader.transform(html(source));
    }
    expect(found).toEqual([]);
  });

  test("the check itself would notice it", () => {
    expect(ATTRIBUTES.href?.test("javascript:alert(1)")).toBe(false);
    expect(ATTRIBUTES.href?.test("//evil.example")).toBe(false);
    expect(ATTRIBUTES.src?.test("https://evil.example/pixel.png")).toBe(false);
  });
});
