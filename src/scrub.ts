/**
 * Redacts secrets in output. Known secrets are found in any notation: escaped, once or several times, percent-encoded,
 * in base64 or hexadecimal, across line breaks. Others are recognised by their names (`password`, `authorization`) and
 * by their format.
 */
import { parseAddress } from "./ip/mod.ts";
import { decodeJson } from "./json/mod.ts";

const REDACTED = "[redacted]";

/**
 * Anything shorter is not a secret, or occurs in a text by chance; the same goes for the letters and digits of a
 * secret.
 */
const SHORTEST = 8;

/** Names of fields, headers and parameters whose values are secrets. */
const NAMES =
  "x-api-key|(?:proxy-)?authorization|(?:set-)?cookie|sec-websocket-protocol|[\\w-]*(?:passw(?:or)?d|pwd|passphrase|secret(?:[_-]next)?|api[_-]?keys?(?:[_-]next)?|token|private[_-]?key|credentials?)";
const SECRET_NAME = new RegExp(`^(?:${NAMES})$`, "i");
/** A header line of a request or a response within a text. */
const HEADER_LINE =
  /\b((?:x-api-key|(?:proxy-)?authorization|(?:set-)?cookie|sec-websocket-protocol)\s*[:=]\s*)(?!["'\\])[^\r\n]+/gi;
/**
 * `name: value`, `name=value`, and JSON within a text, however often it is escaped; but not the word that a parser did not
 * expect.
 */
const NAMED = new RegExp(
  `(?<![\\w-])(?!(?<=\\bunexpected )token: [a-z]{1,32}(?![\\w.~+/=-]))((?:${NAMES})[\\\\"']*\\s*[:=]\\s*[\\\\"']*)[^\\s"'\\\\,;&(){}\\[\\]]+`,
  "gi",
);
/** `postgres://user:password@host`: what is between `://` and the last `@`, unless that is part of a path. */
const URL_CREDENTIALS = /(\w:\/\/)(?:[^\s/:@?#]{0,256}:(?!\d*[/?#])\S{0,1024}|[^\s/?#@"'\\]{1,1024})@/g;
const AUTHORIZATION = /\b(Bearer|Basic)\s+(?=\S*\d)[\w.~+/=-]{8,}/gi;
const LOOKS = [
  // Issued API keys, and parts of one: not the beginning, by which they are recognised.
  /lvq_(?:live|test)_[A-Za-z0-9]{12,}/g,
  // Reply tokens of support threads, links to sign in, and those of invitations.
  /lv[ilr]_[\w-]{12,}/g,
  // Secrets of sessions.
  /lvs_[A-Za-z0-9]{12,}/g,
  // Keys in a WebSocket's list of protocols.
  /levqor\.key\.[\w-]+/g,
  /whsec_[A-Za-z0-9+/=_-]+/g,
  // JWTs: their header is a JSON object in base64url, and `{"` is `eyJ` there.
  /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];
/** A line without any of this contains nothing that looks like a secret or is named like one. */
const SUSPICIOUS =
  /:\/\/|lv[ilqrs]_|levqor\.key|whsec_|eyJ|BEGIN|bearer|basic|x-api|authoriz|cookie|protocol|passw|pwd|passphrase|secret|api[_-]?key|token|private|credential/i;

/** Escapes: percent-encoding, including nested; of JSON and JavaScript, including nested; of HTML. */
const ESCAPES =
  /(?:%(?:25)*[0-9a-f]{2})+|(?<!\\)\\+(?:u\{?([0-9a-f]{1,6})\}?|x([0-9a-f]{2})|[nrtbfv])|&#x([0-9a-f]{1,6});|&#(\d{1,7});|&(?:amp;)*\w{2,6};/gi;
const NEITHER_LETTERS_NOR_DIGITS = /[^\p{L}\p{N}]+/gu;
/** What can continue a piece of base64. */
const BASE64 = /[A-Za-z0-9+/=_%-]/;

/** A secret's form in a text, when everything but letters and digits is removed from both. */
interface Form {
  readonly text: string;
  readonly is_base64: boolean;
}

export interface Scrubber {
  /** A line of JSON, which stays one. */
  line(json: string): string;
  /** Any text. */
  text(text: string): string;
}

/** `secrets` are the known ones; short ones are ignored. */
export function scrubber(secrets: readonly string[]): Scrubber {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= SHORTEST);
  const spelled = anyOf(known.flatMap(spellings));
  const forms = formsOf(known);
  const formed = anyOf(forms.map(({ text }) => text));
  const isKnown = (text: string) => text.search(spelled) >= 0 || bared(text).search(formed) >= 0;

  const knownOut = (text: string): string => {
    const clean = text.replace(spelled, REDACTED);
    return bared(clean).search(formed) >= 0 ? masked(clean, forms) : clean;
  };
  const scrubText = (text: string): string => {
    let clean = knownOut(text)
      .replace(URL_CREDENTIALS, `$1${REDACTED}@`)
      .replace(HEADER_LINE, `$1${REDACTED}`)
      .replace(NAMED, `$1${REDACTED}`)
      .replace(AUTHORIZATION, `$1 ${REDACTED}`);
    for (const look of LOOKS) clean = clean.replace(look, REDACTED);
    return clean;
  };
  const scrubValue = (value: unknown): unknown => {
    if (typeof value === "string") return scrubText(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      // Lists of headers have alternating names and values.
      return value.map((item, index) => (isSecretName(value[index - 1]) ? hidden(item) : scrubValue(item)));
    }
    const entries = Object.entries(value).map(([name, item]) => [
      scrubText(name),
      isSecretName(name) ? hidden(item) : scrubValue(item),
    ]);
    return Object.fromEntries(entries);
  };

  return {
    text: scrubText,
    line(json) {
      if (!SUSPICIOUS.test(json) && !isKnown(json)) return json;
      const end = json.endsWith("\n") ? "\n" : "";
      const { level, time, ...entry } = decodeJson<Record<string, unknown>>(json);
      const clean = JSON.stringify({ level, time, ...(scrubValue(entry) as object) });
      if (!isKnown(clean)) return clean + end;
      // It continues from one field into the next.
      return JSON.stringify({ level, time, msg: `${REDACTED}: a secret stood across the fields of this line` }) + end;
    },
  };
}

const unknownSecrets = scrubber([]);
/** Candidates for IPv4 addresses: also right after a letter, but not a version such as `v1.2.3.4`. */
const IPV4 = /(?<![\d.]|\bv)\d{1,3}(?:\.\d{1,3}){3}(?!\d)/gi;
/** Candidates for IPv6 addresses, also after a word and a colon. A colon at the end is not part of one. */
const IPV6 = /(?<![\w.]|::)[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}(?!\w|:(?::|[\da-f]{1,4}(?!\w)))/gi;
const MAC = /(?<![\w:-])[\da-f]{2}([:-])[\da-f]{2}(?:\1[\da-f]{2}){4}(?![\w:-])/gi;
/**
 * E-mail addresses, also percent-encoded, and with letters of any script. A `/` is part of a path, although RFC 5321 allows
 * it; `'` and `=` belong to the address if they are within a word.
 */
const EMAIL =
  /(?:"[^"\r\n]{1,64}"|(?<![^\s@<>"'(),:;=/])[^\s@<>"'(),:;=/]+(?:(?<=[\p{L}\p{N}])['=](?=[\p{L}\p{N}])[^\s@<>"'(),:;=/]+){0,8})(?:@|%40)(?:[\p{L}\p{M}\p{N}_-]{1,63}(?:\.[\p{L}\p{M}\p{N}_-]{1,63}){1,8}|\[[\w.:]{2,64}\])/giu;
/** Names of home folders: those of Windows and macOS may have spaces, and backslashes may be escaped. */
const HOME =
  /((?:^|[\s"'(/\\:])(?:home|Users)[/\\]{1,8})(?:(?<=Users[/\\]{1,8})[^/\\\s"']+(?: [^/\\\s"']+){1,2}(?=[/\\])|[^/\\\s"']+)/g;
/** Numbers of seven or more digits, with spaces, hyphens and dashes of any kind, dots, parentheses or invisible characters between them. */
const NUMBER = /\+?\p{Nd}(?:[\t\p{Zs}\p{Pd}\p{Cf}\u2212().]{0,3}\p{Nd}){6,}/gu;
/** Queries of URLs without a host. */
const QUERY = /\?[\w.%[\]~-]{1,64}=[^\s"'<>)]*/g;
const RUN = /[\w+=-]{20,}/g;
const LETTER_BY_DIGIT = /[a-z]\d|\d[a-z]/i;
/** Tokens of vendors, by how they begin: they may have few digits, or none. */
const VENDORS =
  /(?<![\w-])(?:[spr]k_(?:live|test)_\w{8,}|sk-(?:ant|proj|svcacct)-[\w-]{12,}|gh[opsur]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{8,}|AIza[\w-]{16,}|shp(?:at|ca|pa|ss)_\w{16,})|(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])/g;
/** Tokens of vendors that begin as names in programs and style sheets do, too. */
const VENDORS_OR_NAMES = /(?<![\w-])(?:sk-[\w-]{16,}|(?:re|ntn|secret|hf)_\w{16,})/g;
/** What follows a word for a secret, with or without a sign between them. */
const AFTER_NAME =
  /\b((?:bearer|basic|authorization|token|secret|passw(?:or)?d|passphrase|credentials?|(?:\w+[_-])?key)["'`]?(?:\s*[:=]\s*|\s+(?:(?:is|was|provided|given|received)(?:\s*:\s*|\s+))?)["'`]?)([\w.~+/=-]{12,})/gi;

/**
 * Removes from somebody else's text what may identify a person or grant access: secrets by their format, e-mail, IP and MAC
 * addresses, the query and fragment of URLs, names of home folders, long numbers, and what looks like an id or a token.
 * It cannot recognise names of people.
 */
export function anonymous(text: string): string {
  const clean = withoutTokens(text)
    .replace(AFTER_NAME, (all, before: string, word: string) => (isRandom(word) ? `${before}[token]` : all))
    .replace(/(\w:\/\/[^\s?#"'<>]+)[?#][^\s"'<>)]*/g, "$1")
    .replace(QUERY, "")
    .replace(EMAIL, "[email]")
    .replace(HOME, "$1[name]");
  return (
    withoutAddresses(clean)
      .replace(MAC, "[mac]")
      // First, since a part of an id may look like a number: the rest would be too short to be recognised.
      .replace(RUN, (run) => (isMixed(run) && LETTER_BY_DIGIT.test(run) ? "[token]" : run))
      .replace(NUMBER, "[number]")
      .replace(RUN, (run) => (isMixed(run) ? "[token]" : run))
  );
}

/** Whether it consists of letters and at least three digits. */
function isMixed(run: string): boolean {
  return /(?:\d\D*){3}/.test(run) && /[a-z]/i.test(run);
}

/** Whether a name that somebody chose contains a token by its format, or an IP address. */
export function isRevealing(name: string): boolean {
  return hasToken(name) || withoutAddresses(name) !== name;
}

/** Whether a name contains a token by its format. */
export function hasToken(name: string): boolean {
  return withoutTokens(name) !== name;
}

function withoutTokens(text: string): string {
  return unknownSecrets
    .text(text)
    .replace(VENDORS, "[token]")
    .replace(VENDORS_OR_NAMES, (found) => (isVendorsToken(found) ? "[token]" : found));
}

function withoutAddresses(text: string): string {
  return text.replace(IPV6, withoutAddress).replace(IPV4, withoutAddress);
}

function withoutAddress(found: string): string {
  if (parseAddress(found)) return "[ip]";
  return found.endsWith(":") && parseAddress(found.slice(0, -1)) ? "[ip]:" : found;
}

/** Whether this is more than words joined by `_` or `-`. */
function isVendorsToken(found: string): boolean {
  return /[a-z]\d|\d[a-z]|[a-z]{24}/i.test(found) || isRandom(found);
}

/**
 * Whether no person wrote this word: neither in a language nor as a name in a program. Such names consist of words that begin with
 * a capital, and of abbreviations. Random letters have more capitals, and pieces without a vowel.
 */
function isRandom(word: string): boolean {
  return word.split(/[^A-Za-z0-9]+/).some((part) => {
    if (part.length < 12) return false;
    if (/\d/.test(part)) return true;
    const words = part.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
    if (words.length === 1) return part.length >= 20 && /[bcdfghjklmnpqrstvwxz]{5}/i.test(part);
    const unspeakable = words.filter((piece) => !/[aeiouy]/i.test(piece));
    return part.length / words.length < 3.5 && unspeakable.length / words.length >= 0.3;
  });
}

/** Finds any of several texts, the longest first: one expression is faster than many searches. */
function anyOf(texts: readonly string[]): RegExp {
  const longestFirst = [...new Set(texts)].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.length > 0 ? longestFirst.map((text) => RegExp.escape(text)).join("|") : "(?!)", "g");
}

function isSecretName(name: unknown): boolean {
  return typeof name === "string" && SECRET_NAME.test(name);
}

/** Whether there is one is no secret. */
function hidden(value: unknown): unknown {
  return value === null || typeof value === "boolean" ? value : REDACTED;
}

/**
 * A secret verbatim, as JSON has it, escaped once and twice, and percent-encoded: found even if it has few letters and
 * digits.
 */
function spellings(secret: string): string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [secret, quoted, JSON.stringify(quoted).slice(1, -1), percentEncoded(secret)];
}

function formsOf(secrets: readonly string[]): Form[] {
  const forms = new Map<string, Form>();
  const add = (text: string, is_base64: boolean) => {
    if (text.length >= SHORTEST && !forms.has(text)) forms.set(text, { text, is_base64 });
  };
  for (const secret of secrets) {
    for (const spelling of spellings(secret)) {
      add(bared(spelling), false);
      add(spelling.replace(NEITHER_LETTERS_NOR_DIGITS, ""), false);
      const bytes = Buffer.from(spelling);
      for (const core of base64Cores(bytes)) add(core.replace(NEITHER_LETTERS_NOR_DIGITS, ""), true);
      add(bytes.toString("hex"), false);
      add(bytes.toString("hex").toUpperCase(), false);
    }
  }
  return [...forms.values()];
}

/**
 * The base64 digits that some bytes always have, wherever they are: those shared with neighbouring bytes are left out.
 */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64url");
    const start = Math.ceil((before * 8) / 6);
    return encoded.slice(start, Math.floor(((before + bytes.length) * 8) / 6));
  });
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** The letters and digits of a text, unescaped. */
function bared(text: string): string {
  const plain = /[%\\&]/.test(text) ? text.replace(ESCAPES, unescaped) : text;
  return plain.replace(NEITHER_LETTERS_NOR_DIGITS, "");
}

function unescaped(escaped: string, ...codes: (string | undefined)[]): string {
  if (escaped.startsWith("%")) return percentDecoded(escaped.replaceAll(/%(?:25)+/g, "%"));
  const [unicode, byte, hex, decimal] = codes;
  const digits = unicode ?? byte ?? hex;
  const code = digits === undefined ? Number(decimal) : Number.parseInt(digits, 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return Buffer.from(text.replaceAll("%", ""), "hex").toString("latin1");
  }
}

/** Replaces forms of secrets in a text by {@link REDACTED}. */
function masked(text: string, forms: readonly Form[]): string {
  const { bare, starts, ends } = traced(text);
  const hits: [start: number, end: number][] = [];
  for (const { text: form, is_base64 } of forms) {
    for (let at = bare.indexOf(form); at >= 0; at = bare.indexOf(form, at + 1)) {
      let [start, end] = [starts[at] ?? 0, ends[at + form.length - 1] ?? text.length];
      while (is_base64 && start > 0 && BASE64.test(text[start - 1] as string)) start--;
      while (is_base64 && end < text.length && BASE64.test(text[end] as string)) end++;
      hits.push([start, end]);
    }
  }
  hits.sort(([a], [b]) => a - b);
  let [clean, done] = ["", 0];
  for (const [start, end] of hits) {
    if (start >= done) clean += text.slice(done, start) + REDACTED;
    done = Math.max(done, end);
  }
  return clean + text.slice(done);
}

/** {@link bared}, and for each UTF-16 unit of it its place in the text. */
function traced(text: string): { bare: string; starts: number[]; ends: number[] } {
  let bare = "";
  const [starts, ends]: [number[], number[]] = [[], []];
  const take = (part: string, start: number, end = start + part.length) => {
    const isEscape = end - start !== part.length || part.length > 1;
    const kept = part.replace(NEITHER_LETTERS_NOR_DIGITS, "");
    bare += kept;
    starts.push(...Array<number>(kept.length).fill(start));
    ends.push(...Array<number>(kept.length).fill(isEscape ? end : start + 1));
  };
  const plain = (from: number, to: number) => {
    for (let at = from; at < to; ) {
      const point = String.fromCodePoint(text.codePointAt(at) as number);
      take(point, at);
      at += point.length;
    }
  };
  let done = 0;
  for (const match of text.matchAll(ESCAPES)) {
    plain(done, match.index);
    done = match.index + match[0].length;
    take(unescaped(match[0], ...match.slice(1)), match.index, done);
  }
  plain(done, text.length);
  return { bare, starts, ends };
}
