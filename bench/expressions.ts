/**
 * Measures what a unit of expressions' cost takes, for every operation of the language over values chosen to be slow:
 * processor time of this thread until a render's whole budget is spent, or for what was spent of it, in proportion.
 *
 *     sh scripts/bun.sh bench/expressions.ts          all; names those over the limit, the slowest first
 *     sh scripts/bun.sh bench/expressions.ts split    those whose name has "split" in it
 */
import { ExpressionError, MAX_RENDER_COST, Meter } from "../src/domain/pipeline/expression_cost.ts";
import { render } from "../src/domain/pipeline/template.ts";
import { decodeJson } from "../src/json/mod.ts";

/** The maximum duration of a render's budget, in ms. */
const LIMIT_MS = 25;
const RUNS = 3;

const many = <Value>(length: number, make: (i: number) => Value): Value[] => Array.from({ length }, (_, i) => make(i));
const mapOf = (length: number, key: (i: number) => string) => Object.fromEntries(many(length, (i) => [key(i), i]));
const long = "a".repeat(400_000);

/** As it is stored: parsed from JSON. */
const payload = decodeJson(
  JSON.stringify({
    l: many(49_000, (i) => i),
    l2: many(2_000, (i) => i),
    m: many(49_000, (i) => i),
    doubles: many(10_000, (i) => (i + 1) / 3e300),
    bigints: many(10_000, (i) => 2n ** 63n + BigInt(i)),
    texts: many(20_000, (i) => `text ${i}`),
    shorts: many(20_000, (i) => String.fromCodePoint(97 + (i % 26))),
    digits: many(10_000, (i) => String(10_000_000 + i)),
    decimals: many(10_000, (i) => `${i}.2345678901234567e-300`),
    objects: many(20_000, (i) => ({ n: i })),
    lists: many(20_000, (i) => [i]),
    bools: many(20_000, (i) => i % 2 === 0),
    map: mapOf(20_000, (i) => `key ${i}`),
    places: mapOf(20_000, String),
    sparse: mapOf(20_000, (i) => String(4_000_000_000 - i * 99)),
    longs: mapOf(100, (i) => `${i}${"k".repeat(2_000)}`),
    small: { a: 1, b: 2 },
    long,
    unlike: `${long.slice(2)}\`b`,
    emoji: "😀".repeat(100_000),
    halves: "\ud83d".repeat(100_000),
    accents: "é".repeat(100_000),
    mixed: "aB".repeat(100_000),
    spaces: " ".repeat(200_000),
    s: "abcdefghij".repeat(10),
    k: "k".repeat(1_000),
    deep: many(50, (i) => i).reduce<unknown>((inner) => [inner], 1),
  }),
);

/** The work per element. */
const each = (body: string, list = "l") => `payload.${list}.map(x, ${body}).size() + payload.l.map(x, x).size()`;
const repeated = (count: number, part: (i: number) => string, separator = ", ") => many(count, part).join(separator);

const sources: Record<string, string> = {};
const add = (name: string, source: string) => {
  sources[name] = source;
};
const body = (expression: string, list?: string) =>
  add(`${list ?? "l"}.map(x, ${expression.slice(0, 60)})`, each(expression, list));

// Nodes.
for (const one of [
  "x",
  "1",
  "'a'",
  "null",
  "true",
  "1.5",
  "payload",
  "payload.l[0]",
  "payload.small.a",
  "payload['small']['b']",
  "-x",
  "!true",
  "[]",
  "{}",
])
  body(one);
body(repeated(40, () => "x", " + "));
body(repeated(40, () => "1.5", " * "));
body(repeated(40, () => "true", " && "));
body(repeated(40, () => "false", " || "));
body("true ? x : 1");
body(`${repeated(30, () => "true ? x", " : ")} : 1`);
body("[x]");
body(`[${repeated(95, () => "x")}]`);
body("[[[[[[[[[[x]]]]]]]]]]");
body("{'a': x}");
body("{'a': {'b': {'c': {'d': x}}}}");
for (const list of ["l", "l2"]) {
  body(`{${repeated(60, (i) => `"${i}": x`)}}`, list);
  body(`{${repeated(60, (i) => `"${4_000_000_000 - i * 99}": x`)}}`, list);
  body(`{${repeated(60, (i) => `"k${i}": x`)}}`, list);
  body("{string(x): x}", list);
  body("{string(x * 1000000): x}", list);
  body("{string(x * 1000000) + 'a': x}", list);
  body("{'a' + string(x): x, 'b' + string(x): x, 'c' + string(x): x}", list);
}
body("{payload.long: x}");
body("{payload.long + 'b': x}");
body("{payload.k + string(x): x}");
body("{x: x}", "texts");
// Members.
body("payload.map['key 1']");
body("x in payload.map", "texts");
body("string(x) in payload.places");
body("payload.places[string(x)]");
body("payload.sparse['4000000000']");
body("has(payload.map.nope)");
body("has(payload.small.a)");
body("has(payload[x])", "texts");
body("payload.k + string(x) in payload.longs");
body("(payload.long + string(x)) in payload.map", "l2");
body("payload.long + 'b' in payload.map");
body("x in payload.m", "l2");
body("x in payload.l", "bigints");
body("x in payload.texts", "texts");
body("payload.l[x]");
body("payload.l[string(x) == '1' ? 0 : 1]");
body("size(payload.map)");
body("size(payload.longs)");
body("payload.map.size()");
body("payload.map == payload.map");
body("payload.places == payload.places");
body("payload.longs == payload.longs");
body("payload.longs == payload.map");
body("payload.small == payload.map");
body("payload.map == payload.small");
add("maps.map(size)", "[payload.small].map(x, payload.map).map(x, size(x))");
add("map.map(k, k)", "payload.map.map(k, k).size()");
body("x", "map");
add("map.filter(k, true)", "payload.map.filter(k, true).size()");
// Comparison.
for (const list of ["l", "doubles", "bigints", "texts", "bools"]) {
  body("x == x", list);
  body("x < x || x > x || x <= x || x >= x", list);
}
body("x == 1.5", "bigints");
body("x < 9223372036854775807", "doubles");
body("payload.l == payload.m");
body("payload.objects == payload.objects");
body("payload.lists == payload.lists");
body("payload.long == payload.unlike");
body("payload.long < payload.unlike");
body("payload.emoji < payload.emoji + 'a'");
body("(payload.long + string(x)) == (payload.long + string(x))");
body("(payload.s + 'x') == (payload.s + 'x')");
body("payload.deep == payload.deep");
// Arithmetic.
for (const list of ["l", "doubles", "bigints"]) for (const op of ["+", "-", "*", "/", "%"]) body(`x ${op} 7`, list);
body("x + x", "bigints");
body("9223372036854775807 / 3 * 2 - x");
body("9223372036854775807 % (x + 1)");
body("payload.bigints[0] - payload.bigints[1]");
body("-x", "bigints");
// Discarded errors.
const errs = {
  "missing of a long tree": `payload[[${repeated(95, () => '"xxxx"')}][0] + "a"] == 1`,
  "missing of a map": `{"a": [${repeated(95, () => '"xxxx"')}]}.zzz == 1`,
  missing: "payload.nope == 1",
  "missing of a number": "x.nope == 1",
  "beyond the end": "payload.l[99999999] == 1",
  "no number": "payload.l['a'] == 1",
  "no item": "item == 1",
  "no step": "steps.nope.output == 1",
  "no text": "(x + 'a') == 1",
  "no order": "x < payload.s",
  "no bool": "!payload.l",
  "no minus": "-payload.s == 1",
  "no test": "x ? true : false",
  "no list": "x in x",
  division: "1 / 0 == 1",
  modulo: "1 % 0 == 1",
  overflow: "9223372036854775807 + 9223372036854775807 == 1",
  "overflow by product": "9223372036854775807 * 9223372036854775807 == 1",
  "int()": "int('a') == 1",
  "int() of a long one": "int(payload.long) == 1",
  "double()": "double('a') == 1",
  "double() of a long one": "double(payload.long) == 1",
  "bool()": "bool('a')",
  "bool() of a long one": "bool(payload.long)",
  "string()": "string(1e308 * 10.0) == ''",
  "no call": "size(x) == 1",
  "no method": "x.startsWith(payload.s)",
  "no join": "join([1], '') == ''",
  "no substring": "payload.s.substring(9, 3) == ''",
  "no place": "payload.s.substring(9999) == ''",
  "no place in a long one": "payload.long.substring(9999999) == ''",
  "no whole place": "payload.s.substring(1.5) == ''",
  "no split": "payload.s.split('', 1.5) == []",
  "key twice": "{payload.s: 1, payload.s: 2} == {}",
  "long key twice": "{payload.long: 1, payload.long: 2} == {}",
  "no key": "{payload.l: 1} == {}",
  "url_encode dots": "url_encode('..') == ''",
  "url_encode half": "url_encode(payload.halves) == ''",
};
for (const [name, source] of Object.entries(errs)) {
  add(`error: ${name}`, `payload.l.exists(x, ${source})`);
  add(`error ||: ${name}`, `payload.l.all(x, ${source} || true)`);
}
add("error &&: 45 of them", `payload.l.all(x, ${repeated(45, (i) => `payload.q${i} == 1`, " && ")})`);
// Calls.
for (const list of ["l", "doubles", "bigints", "texts", "bools"]) body("string(x)", list);
for (const list of ["l", "doubles", "bigints"]) {
  body("url_encode(x)", list);
  body("int(x)", list);
  body("double(x)", list);
}
body("int(x)", "digits");
body("double(x)", "digits");
body("double(x)", "decimals");
body(`double('${"1".repeat(99)}')`);
body("int('12345678901234567890')");
body("bool('true')");
body("bool('False')");
body("size(payload.l)");
for (const text of ["long", "emoji", "halves", "accents", "mixed", "spaces", "s"]) {
  const t = `payload.${text}`;
  for (const call of [
    "size()",
    "lowerAscii()",
    "upperAscii()",
    "trim()",
    "split('')",
    "split('a')",
    "split('aa')",
    "split('B')",
    "split('', 2)",
    "substring(1)",
    "substring(0, 1)",
    "indexOf('b')",
    "indexOf('zzzzzzzz')",
    "indexOf('aaaaaaaaaaaaaab')",
    "indexOf('')",
    "lastIndexOf('a')",
    "lastIndexOf('')",
    "lastIndexOf('zz')",
    "contains('')",
    "contains('aaaaaaaaaaaaaaab')",
    "contains('aaaaaaaaaaaaaaaaaaaaaaaab')",
    "startsWith(payload.long)",
    "endsWith(payload.unlike)",
    "contains(payload.unlike)",
    "lastIndexOf(payload.s)",
    "split(payload.s)",
    "indexOf('a', 50)",
  ]) {
    body(`${t}.${call}`);
  }
  body(`url_encode(${t})`);
  body(`${t} + ${t}`);
  body(`(${t} + 'z').size()`);
  body(`(${t} + string(x)).contains('q')`);
  add(`size(split(${text} x 4))`, `size((${t} + ${t}).split(""))`);
}
body("join(payload.texts, ', ')");
body("join(payload.shorts, '')");
body("join(payload.shorts, payload.s)");
body("join([], payload.s)");
body("join(['a', 'b'], ',')");
body("join([payload.long, payload.long], '')");
body("payload.l + payload.m");
body("[x] + [x]");
add("filter", "payload.l.filter(x, true).filter(x, true).filter(x, true).size()");
add("filter none", "payload.l.filter(x, false).size() + payload.l.filter(x, false).size()");
add("exists_one", "payload.l.exists_one(x, x == 1) && payload.l.exists_one(x, x == 1)");
add("all", "payload.l.all(x, x >= 0) && payload.l.all(x, x >= 0)");
add("map of three", "payload.l.map(x, x > 1, x).size()");
body("x.n", "objects");
// Results.
for (const list of [
  "l",
  "doubles",
  "bigints",
  "texts",
  "shorts",
  "objects",
  "lists",
  "bools",
  "map",
  "places",
  "sparse",
  "longs",
  "long",
  "emoji",
  "deep",
]) {
  add(`gives ${list}`, `payload.${list}`);
  add(`gives ${list} more often`, `payload.l2.map(x, payload.${list})`);
}
add("gives maps", "payload.l.map(x, {'0': x, '1': x})");
add("gives maps of sparse keys", `payload.l2.map(x, {${repeated(60, (i) => `"${4_000_000_000 - i * 99}": x`)}})`);
add("gives maps of many shapes", "payload.l.map(x, {string(x * 1000000): x})");
add("gives maps of many named shapes", "payload.l.map(x, {'k' + string(x): x})");
add("gives empty maps", "payload.l.map(x, {})");
add("gives empty lists", "payload.l.map(x, [])");

/** Templates: their texts, and the values inserted in them. */
const templates: Record<string, unknown> = {};
for (const list of [
  "l",
  "doubles",
  "bigints",
  "texts",
  "objects",
  "map",
  "places",
  "sparse",
  "longs",
  "long",
  "deep",
  "halves",
  "spaces",
]) {
  templates[`in a text: ${list}`] = `- {{ payload.${list} }}`;
}
templates["in a text: line feeds"] =
  `- {{ payload.l2.map(x, "\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n") }}`;
templates["many small ones in a text"] = "{{1}} ".repeat(1_000);
templates["many small ones"] = many(1_000, () => "{{ 1 }}");
templates["many longer ones"] = many(100, () => `{{ ${repeated(60, () => "1", " + ")} }}`);
templates["many maps"] = many(100, () => `{{ { ${repeated(30, (i) => `"a${i}": 1`)} } }}`);
templates["many brackets"] = many(100, () => `{{ ${"(".repeat(30)}1${")".repeat(30)} }}`);
templates["many texts"] = many(100, () => `{{ "${"\\u0041".repeat(40)}" }}`);
templates["many calls"] = many(100, (i) => `{{ ${repeated(15, (j) => `size("${i}${j}")`, " + ")} }}`);
templates["many paths"] = many(100, () => `{{ has(payload.l) && ${repeated(20, () => "payload.l[0] > 0", " || ")} }}`);
templates["no expression in a large value"] = { a: "{{ 1 }}", b: many(40_000, (i) => i) };
templates["no expression in a large map"] = { a: "{{ 1 }}", b: mapOf(20_000, (i) => `key ${i}`) };
templates["no expression in a sparse map"] = { a: "{{ 1 }}", b: mapOf(20_000, (i) => String(4_000_000_000 - i * 99)) };
templates["no expression in nested lists"] = { a: "{{ 1 }}", b: many(20_000, () => [[1]]) };
templates["no expression in long texts"] = { a: "{{ 1 }}", b: many(20, () => "{ ".repeat(10_000)) };
templates["an expression in every list"] = many(1_000, () => [["{{ 1 }}"], ...many(30, () => 1)]);
templates["an expression in a text of braces"] = `{{ 1 }}${"{ ".repeat(200_000)}`;
templates["an expression in every map"] = many(400, (i) => ({
  [`k${i}`]: "{{ 1 }}",
  ...mapOf(30, (j) => `k${i}${j}`),
}));
for (const [name, source] of Object.entries(sources)) templates[name] = `{{ ${source} }}`;

const [wanted = ""] = Bun.argv.slice(2);
const results = Object.entries(templates)
  .filter(([name]) => name.includes(wanted))
  .map(([name, template]) => {
    const runs = many(RUNS, () => measure(template));
    const { spent, end } = runs[0] as Run;
    const per_budget = runs.map(({ ms }) => (ms * MAX_RENDER_COST) / spent).sort((a, b) => a - b);
    return {
      name,
      spent,
      end,
      first: runs[0]?.ms ?? 0,
      median: per_budget[RUNS >> 1] ?? 0,
      whole: runs.map(({ ms }) => ms).sort((a, b) => a - b)[RUNS >> 1] ?? 0,
    };
  })
  .sort((a, b) => b.whole - a.whole || b.median - a.median);

console.log(`${results.length} cases; ms of this thread's processor time, the median of ${RUNS}`);
console.log("   took  first  a whole budget takes   units  ended");
for (const { name, spent, end, first, whole, median } of results) {
  if (wanted === "" && Math.max(whole, median) < LIMIT_MS) continue;
  console.log(
    `${whole.toFixed(1).padStart(7)}${first.toFixed(1).padStart(7)} ${median.toFixed(1).padStart(7)} ${String(spent).padStart(22)}  ${name}: ${end.slice(0, 90)}`,
  );
}

interface Run {
  readonly ms: number;
  readonly spent: number;
  readonly end: string;
}

function measure(template: unknown): Run {
  const meter = new Meter();
  const before = process.threadCpuUsage();
  let end = "has a value";
  try {
    render(template, { payload }, meter);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    end = error.message;
  }
  const { user, system } = process.threadCpuUsage(before);
  return {
    ms: (user + system) / 1_000,
    spent: meter.spent,
    end: end.replace(/^The expression ".*" has no value: /, ""),
  };
}
