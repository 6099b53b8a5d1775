import { describe, expect, test } from "bun:test";
import { Random } from "../../../scripts/torture/random.ts";
import { groupOf, reportedError } from "../../../src/features/errors/report.ts";
import type { ErrorReport } from "../../../src/features/errors/schemas.ts";

const CHROME = `TypeError: Cannot read properties of undefined (reading 'id')
    at render (https://app.example.com/assets/app.3f2a9c1b.js?v=7:4:1280)
    at async Object.open [as go] (https://app.example.com/assets/vendor-BxY12abZ.js:1:2)
    at https://app.example.com/assets/app.3f2a9c1b.js:9:1`;
const FIREFOX = `render@https://app.example.com/assets/app.3f2a9c1b.js:4:1280
@https://app.example.com/assets/app.3f2a9c1b.js:9:1`;
const NODE = `Error: no
    at run (/home/alice/app/src/run.js:3:9)
    at C:\\Users\\alice\\app\\main.js:1:1`;

const report = (more: Partial<ErrorReport> = {}): ErrorReport => ({ source: "web", message: "It broke.", ...more });
const group = (more: Partial<ErrorReport> = {}) => groupOf(reportedError(report(more)), more.fingerprint);

describe("of a report", () => {
  test.each([
    ["Chrome", CHROME, ["render", "https://app.example.com/assets/app.3f2a9c1b.js", 4, 1280], 3],
    ["Firefox", FIREFOX, ["render", "https://app.example.com/assets/app.3f2a9c1b.js", 4, 1280], 2],
    ["Node.js", NODE, ["run", "/home/[name]/app/src/run.js", 3, 9], 2],
  ])("the frames of %s are kept, without queries and names", (_, stack, first, count) => {
    const { frames } = reportedError(report({ stack }));
    expect(frames).toHaveLength(count);
    expect(Object.values(frames[0] ?? {})).toEqual(first);
    expect(JSON.stringify(frames)).not.toContain("alice");
  });

  test.each([
    ["Mail to jane.doe+x@mail.example.co.uk bounced", "Mail to [email] bounced"],
    ["No route to 192.168.7.12 or 2001:db8::7, at 12:30:45", "No route to [ip] or [ip], at 12:30:45"],
    ["connect ECONNREFUSED 10.0.0.7:5432, ip:10.0.0.8", "connect ECONNREFUSED [ip]:5432, ip:[ip]"],
    ["addr:2001:db8::1, peer10.0.0.1:80 and 2001:db8::1: refused", "addr:[ip], peer[ip]:80 and [ip]: refused"],
    ["2001:db8:0:0:0:0:0:1: refused, 2001:db8::1:error", "[ip]: refused, [ip]:error"],
    ["No device 00:1B:44:11:3a:b7 or 00-1B-44-11-3A-B7.", "No device [mac] or [mac]."],
    ["took 00:01:02:03 for 1B:44:11:3a:b7", "took 00:01:02:03 for 1B:44:11:3a:b7"],
    ["Mail to john.o'brien@example.com, 'jane@example.com'", "Mail to [email], '[email]'"],
    ["Mail to !#$%&*+?^_`{|}~-a'b=c@example.com", "Mail to [email]"],
    ['Mail to "jane doe"@example.com or jane@[192.168.1.1]', "Mail to [email] or [email]"],
    [`Mail to ${"a".repeat(300)}@example.com`, "Mail to [email]"],
    ["Mail to jörg@münchen.example bounced", "Mail to [email] bounced"],
    ["GET https://a.example/u/jane%40example.com/x failed", "GET https://a.example/u/[email]/x failed"],
    ["GET /reset?code=hunter2 failed", "GET /reset failed"],
    ["open 'C:\\Users\\Jane Doe\\a.txt' or /Users/jane here", "open 'C:\\Users\\[name]\\a.txt' or /Users/[name] here"],
    ["open 'C:\\\\Users\\\\Jane Doe\\\\a.txt'", "open 'C:\\\\Users\\\\[name]\\\\a.txt'"],
    ["C:\\\\Users\\\\Alice\\\\x", "C:\\\\Users\\\\[name]\\\\x"],
    [`Thread of lvr_${"Abcdefg-_".repeat(5).slice(0, 43)} is gone`, "Thread of [redacted] is gone"],
    ["GET https://a.example/p?email=x#y failed", "GET https://a.example/p failed"],
    ["Card 4111 1111 1111 1111 of +49 (30) 901820 declined", "Card [number] of [number] declined"],
    ["Call +49\u00a0171\u00a0123\u00a04567 or 0171\u2011123\u20114567", "Call [number] or [number]"],
    ["Card 4111\u20131111\u20131111\u20131111 declined", "Card [number] declined"],
    ["Card 4111\u22121111\u202f1111\u200b1111 declined", "Card [number] declined"],
    ["Call ٠١٧١ ١٢٣ ٤٥٦٧", "Call [number]"],
    ["AKIAIOSFODNN7EXAMPLE is revoked", "[token] is revoked"],
    ["key_ASIAIOSFODNNSEXAMPLE", "key_[token]"],
    ["Job 0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70 is gone", "Job [token] is gone"],
    // Parts of them look like numbers.
    ["Job 01a22db8-8d77-7799-8be3-329e314bf300 is gone", "Job [token] is gone"],
    ["Commit 742d35cc6634c0532925a3b844bc454e4438f44e", "Commit [token]"],
    ["Order order-number-12345678 is gone", "Order order-number-[number] is gone"],
    ["Bearer abcdef1234567890", "Bearer [redacted]"],
    // Letters alone.
    ["Bearer qWpLxRmZtBnKvCsD was rejected", "Bearer [token] was rejected"],
    ["Invalid token qWpLxRmZtBnKvCsD", "Invalid token [token]"],
    ["The secret is qwplxrmztbnkvcsdhfgj", "The secret is [token]"],
    ["password `qWpLxRmZtBnKvCsD`", "password `[token]`"],
    ["key=qWpLxRmZtBnKvCsD", "key=[token]"],
    ["signing_key: qWpLxRmZtBnKvCsD", "signing_key: [token]"],
    ["Stripe refused sk_live_qWpLxRmZtBnK", "Stripe refused [token]"],
    ["xoxb-qWpLxRmZ-tBnKvCsD is revoked", "[token] is revoked"],
    ["Incorrect API key provided: qWpLxRmZtBnKvCsDhFgJ", "Incorrect API key provided: [token]"],
    ['key "qWpLxRmZtBnKvCsDhFgJ" was rejected', 'key "[token]" was rejected'],
    ["hf_qWpLxRmZtBnKvCsDhFgJyTrWqPlKmN and re_Abcdefgh_qWpLxRmZtBnKvCsDhFgJyTrW", "[token] and [token]"],
    ["sk-proj-qWpLxRmZtBnKvCsD, sk-a1b2c3d4e5f6g7h8", "[token], [token]"],
    // Whatever follows a sign.
    ["Server=db;Pwd=hunter;Uid=app", "Server=db;Pwd=[redacted];Uid=app"],
    ["password=hunter, api_key: hunter", "password=[redacted], api_key: [redacted]"],
    ["Authorization: Bearer hunter", "Authorization: [redacted]"],
    ["Unexpected token: qWpLxRmZtBnKvCsDhFgJ", "Unexpected token: [token]"],
    ["Invalid token: punctuation", "Invalid token: [redacted]"],
    // Words of a language, and names of programs, stay.
    ["Unexpected token: punctuation", "Unexpected token: punctuation"],
    ["Cannot read token internationalization", "Cannot read token internationalization"],
    ["std::dead::beef at 12:30:45, in v1.2.3.4", "std::dead::beef at 12:30:45, in v1.2.3.4"],
    ["AKIAIOSFODNN7EXAMPLES", "AKIAIOSFODNN7EXAMPLES"],
    ["re_render_component_failed", "re_render_component_failed"],
    ["hf_generation_config_missing", "hf_generation_config_missing"],
    ["secret_manager_not_configured", "secret_manager_not_configured"],
    [".sk-toggleable__label-arrow is missing", ".sk-toggleable__label-arrow is missing"],
    ["sk-learn-model-training-pipeline", "sk-learn-model-training-pipeline"],
    ["Bearer authentication failed", "Bearer authentication failed"],
    ["Unexpected token constructor", "Unexpected token constructor"],
    ["No token refreshTokenExpired", "No token refreshTokenExpired"],
    ["Duplicate key orders_customer_reference", "Duplicate key orders_customer_reference"],
    ['React key="customerReference" is used twice', 'React key="customerReference" is used twice'],
    ['{"password":"hunter22","n":3}', '{"password":"[redacted]","n":3}'],
    ["token eyJhbGciOi.eyJzdWIiOi.c2ln", "token [redacted]"],
    ["readFile /home/alice/x: 404 after 3 of 12", "readFile /home/[name]/x: 404 after 3 of 12"],
    ["two\nlines\u0000", "two lines"],
  ])("%p says %p", (message, kept) => {
    expect(reportedError(report({ message })).message).toBe(kept);
  });

  test.each([
    ["checkout-form-wizard-B1Y2z3bZ.js", "checkout-form-wizard-B1Y2z3bZ.js"],
    ["checkout-form-wizard-B1Y2z3bZ-C3D4e5fZ.js", "[token].js"],
    ["0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70.js", "[token].js"],
    ["+49-171-1234567.js", "[number].js"],
    ["jane@mail-b1y2z3.example", "[email]"],
  ])("of the file %s, %s is kept", (file, kept) => {
    const { frames } = reportedError(report({ stack: `Error: no\n    at run (https://a.example/x/${file}:4:12)` }));
    expect(frames[0]?.file).toBe(`https://a.example/x/${kept}`);
  });

  const SIGNS = [
    ["token ", ""],
    ["Bearer ", ""],
    ["password is ", ""],
    ["API key: ", ""],
    ["Incorrect API key provided: ", ""],
    ['key "', '" was rejected'],
  ] as const;

  test("nine in ten tokens that consist of letters are removed after a word that announces them", () => {
    const random = new Random(110);
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const tokens = Array.from({ length: 3_000 }, () =>
      Array.from({ length: random.between(20, 48) }, () => letters[random.below(letters.length)]).join(""),
    );
    for (const [before, after] of SIGNS) {
      const removed = tokens.filter(
        (token) => !reportedError(report({ message: before + token + after })).message.includes(token),
      );
      // 92 %: the rest have few capitals, and vowels where a name has them.
      expect(removed.length / tokens.length).toBeGreaterThan(0.9);
    }
  });

  const names = `
    useIdToUserMap getServerSideProps isABTestOnPage webpackChunkName isDBUpToDate getAToZIndex
    getIdOfTheUserInTheOrg XMLHttpRequest WebGLRenderingContext RTCPeerConnection dangerouslySetInnerHTML
    kCFStreamErrorDomainSSL toISOStringOrNull useSWRInfinite encodeURIComponent ArrayIndexOutOfBoundsException
    NSURLErrorDomain internationalization counterrevolutionaries characteristically UNEXPECTED_END_OF_INPUT
    authentication
  `;

  test.each(names.trim().split(/\s+/))("the name %s stays, whatever is before it", (name) => {
    for (const [before, after] of SIGNS) {
      const message = before + name + after;
      expect(reportedError(report({ message })).message).toBe(message);
    }
  });

  test("the page is kept without its query and fragment", () => {
    const { url } = reportedError(report({ url: "https://app.example.com/jobs/4711?key=x#y" }));
    expect(url).toBe("https://app.example.com/jobs/4711");
  });

  test("what is kept is limited", () => {
    const { message, frames, url } = reportedError(
      report({
        message: "x y ".repeat(1_000),
        url: `https://a.example/${"x y".repeat(600)}`,
        stack: Array.from(
          { length: 40 },
          (_, n) => `    at f${n} (https://a.example/${"a.".repeat(90)}js:1:${n})`,
        ).join("\n"),
      }),
    );
    expect([message.length, frames.length, url?.length]).toEqual([1_000, 20, 200]);
    expect(message.endsWith("…")).toBe(true);
  });

  test.each([
    ["an e-mail address", "jane.doe@mail.example.com"],
    ["an IP address", "192.168.171.112"],
    ["an IPv6 address", "2001:db8::a1b2:c3d4"],
    ["a phone number", "+49-171-123-4567"],
  ])("no beginning of %s is kept where a long line of a stack is cut", (_, piece) => {
    const kept = (file: string) =>
      JSON.stringify(reportedError(report({ stack: `${"f".repeat(100)}@https://a.example/${file}:4:12` })).frames);
    // At each place around the cut.
    for (let before = 80; before < 170; before++) {
      const path = "a/".repeat(before).slice(0, before);
      expect(kept(`${path}(${piece})/x.js`)).not.toContain(piece.slice(0, 8));
      expect(kept(`${path}(${piece})/${"b".repeat(800)}.js`)).not.toContain(piece.slice(0, 8));
    }
    // At the end of what is searched, after a query that is removed.
    for (let before = 500; before < 640; before++) {
      const query = "q".repeat(before);
      expect(kept(`${"a/".repeat(50)}x.js?${query} (${piece}) ${"b".repeat(800)}.js`)).not.toContain(piece.slice(0, 8));
      expect(kept(`x.js?${query} (${piece}) ${"b".repeat(800)}.js`)).not.toContain(piece.slice(0, 8));
    }
  });

  test("text that is not a stack has no frames", () => {
    expect(reportedError(report({ stack: "it broke\nin the middle" })).frames).toEqual([]);
  });

  test.each(["(", "a", "-", "1", "1\u2013", "a:", "::", "a'", 'a"', "a://b:", "C:\\\\Users\\\\", "A", "a@"])(
    "a report that consists of %p is not slow",
    (piece) => {
      const line = `    at ${piece.repeat(900).slice(0, 900)}\n`;
      const began = performance.now();
      reportedError(report({ message: piece.repeat(4_000).slice(0, 4_000), stack: line.repeat(35) }));
      expect(performance.now() - began).toBeLessThan(500);
    },
  );
});

describe("one error is", () => {
  test("what happens at one place, whatever the build, the line and the message", () => {
    const later = CHROME.replaceAll("3f2a9c1b", "77e0aa12")
      .replaceAll("BxY12abZ", "Q9aa_-x1")
      .replace(":4:1280", ":5:99");
    expect(group({ stack: later, message: "Another one" })).toBe(group({ stack: CHROME }));
  });

  test.each([
    ["with seven digits", "app.3f2a9c1b.js", "app.71234567.js"],
    ["with seven digits and a letter", "app.3f2a9c1b.js", "app.c1234567.js"],
    ["of any length", "app.3f2a9c1b3f2a9c1b3f2a.js", "app.77e0aa12.js"],
    ["after a long name", "checkout-form-wizard-BxY1zabZ.js", "checkout-form-wizard-B1Y2z3bZ.js"],
  ])("what happens in one file, whatever hash a build gives it: one %s", (_, before, after) => {
    const at = (file: string) =>
      group({ stack: `Error: no\n    at run (https://app.example.com/assets/${file}:4:12)` });
    expect(at(after)).toBe(at(before));
    expect(at(after)).not.toBe(at(after.replace(/^[a-z]+/, "other")));
  });

  test("not what happens elsewhere, is of another type or in another program", () => {
    const groups = [
      group({ stack: CHROME }),
      group({ stack: CHROME.replace("render", "draw") }),
      group({ stack: CHROME, type: "RangeError" }),
      group({ stack: CHROME, source: "worker" }),
    ];
    expect(new Set(groups).size).toBe(4);
  });

  test("what says the same but for numbers, where no place is known", () => {
    expect(group({ message: "Timeout after 30 s" })).toBe(group({ message: "Timeout after 5 s" }));
    expect(group({ message: "Timeout after 12345678 ms" })).toBe(group({ message: "Timeout after 5 ms" }));
    const job = (id: string) => group({ message: `Job ${id} is gone` });
    expect(job("01a22db8-8d77-7799-8be3-329e314bf300")).toBe(job("0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"));
    expect(group({ message: "Timeout after 30 s" })).not.toBe(group({ message: "No timeout" }));
  });

  test("what has one fingerprint, whatever else it says", () => {
    const own = { fingerprint: "checkout" };
    expect(group({ ...own, stack: CHROME })).toBe(group({ ...own, message: "Other", type: "RangeError" }));
    expect(group({ ...own, source: "worker" })).not.toBe(group(own));
    expect(group(own)).toMatch(/^[0-9a-f]{32}$/);
  });
});
