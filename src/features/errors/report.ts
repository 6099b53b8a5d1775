/** What is recorded of a report, without data that identifies a person and within limits; and how reports are grouped. */
import { hash } from "node:crypto";
import { parse } from "stacktrace-parser";
import { ERROR_MAX, type ErrorFrame, type ReportedError } from "../../../events/error.ts";
import { MAX_INT } from "../../../events/number.ts";
import type { FieldError } from "../../http/problem.ts";
import { anonymous, hasToken, isRevealing } from "../../scrub.ts";
import type { ErrorReport } from "./schemas.ts";

/**
 * Maximum number of stack lines that are parsed, and of characters of each. The parser's regular expressions take quadratic
 * time: 750 ms for 100 hostile lines of 500 characters, 20 ms within these limits.
 */
const STACK_LINES = 30;
const STACK_LINE_LENGTH = 250;
/** Maximum number of characters of a longer line that are searched for what must not be kept, before it is cut. */
const SEARCHED_LENGTH = 750;
/** What may be at the end of a cut line without being recognised, as only its beginning is there, is shorter. */
const LONGEST_REMAINDER = 100;
/**
 * What builds put into the names of files, as in `app.3f2a9c1b.js` and `index-BxY12abZ.js`; or what is recorded of it, if it
 * has many digits or is long.
 */
const BUILD_HASH = /[.-](?:(?=[\w-]*\d)[\w-]{6,}|[\w-]*\[(?:number|token)\][\w-]*)(?=\.)/g;
/** A file up to the hash of a build, and the rest. A name with digits may be an id or a number that continues. */
const HASHED_FILE = /^((?:.*[/\\])?[^/\\@%\d]*[a-z_])([.-](?=\w*\d)\w{6,12}\.\w+)$/i;
/** The number of frames that distinguish errors: further down, the same code is reached in many ways. */
const TELLING_FRAMES = 5;

/** What is wrong with the names in a report, which are stored as they come: none may contain a token or an IP address. */
export function wrongNames({ source, environment, release }: ErrorReport): FieldError[] {
  const wrong = (pointer: string, what: string) => ({ pointer, message: `must not contain ${what}` });
  return [
    ...(isRevealing(source) ? [wrong("/source", "a token or an IP address")] : []),
    ...(environment !== undefined && isRevealing(environment)
      ? [wrong("/environment", "a token or an IP address")]
      : []),
    // The version 10.0.0.1 looks like an IP address.
    ...(release !== undefined && hasToken(release) ? [wrong("/release", "a token")] : []),
  ];
}

/** A report as it is recorded. */
export function reportedError({ source, type, message, stack, url, release, environment }: ErrorReport): ReportedError {
  return {
    source,
    type: cut(anonymous(type ?? "Error"), ERROR_MAX.type) || "Error",
    message: cut(anonymous(message), ERROR_MAX.message),
    frames: stack === undefined ? [] : framesOf(stack),
    ...(url !== undefined && { url: pageOf(url) }),
    ...(release !== undefined && { release }),
    ...(environment !== undefined && { environment }),
  };
}

/**
 * Derives the id of an error's group, in 32 hex digits: from its source and the caller's fingerprint, or else its type and
 * stack, or its message if it has no stack. Ignores line numbers, hashes in file names and numbers in messages, which differ
 * between builds and cases.
 */
export function groupOf({ source, type, message, frames }: ReportedError, fingerprint?: string): string {
  const places = frames.filter(({ file }) => file !== null).slice(0, TELLING_FRAMES);
  const parts =
    fingerprint !== undefined
      ? ["custom", fingerprint]
      : places.length > 0
        ? ["place", type, ...places.map(placeOf)]
        : ["message", type, message.replace(/\[number\]|\d+/g, "0")];
  return hash("sha256", JSON.stringify([source, ...parts]), "hex").slice(0, 32);
}

function placeOf({ function: name, file }: ErrorFrame): string {
  const base = (file ?? "").split(/[/\\]/).at(-1) ?? "";
  return `${name ?? ""} ${base.replace(BUILD_HASH, "")}`;
}

function framesOf(stack: string): ErrorFrame[] {
  const lines = stack.split("\n", STACK_LINES).map((line) => shortened(line.trim().replace(/\s+/g, " ")));
  return parse(lines.join("\n"))
    .slice(0, ERROR_MAX.frames)
    .map(({ methodName, file, lineNumber, column }) => ({
      function: methodName === "<unknown>" ? null : cut(anonymous(methodName), ERROR_MAX.name) || null,
      file: file === null ? null : cut(fileOf(file.replace(/[?#].*/, "")), ERROR_MAX.name) || null,
      line: place(lineNumber),
      column: place(column),
    }));
}

/** A file without personal data. With the hash of a build, a long name would look like a token. */
function fileOf(file: string): string {
  const [, before = file, hash = ""] = HASHED_FILE.exec(file) ?? [];
  return anonymous(before) + anonymous(hash);
}

/** A line cut to its maximum length, and then without personal data, which could not be recognised at the cut. */
function shortened(line: string): string {
  if (line.length <= STACK_LINE_LENGTH) return line;
  const clean = anonymous(line.slice(0, SEARCHED_LENGTH));
  const end = line.length > SEARCHED_LENGTH ? Math.max(0, clean.length - LONGEST_REMAINDER) : clean.length;
  return clean.slice(0, Math.min(end, STACK_LINE_LENGTH));
}

function place(number: number | null): number | null {
  return number !== null && number >= 0 && number <= MAX_INT ? number : null;
}

/** A page's address without what follows its path, which may contain personal data. */
function pageOf(url: string): string {
  return cut(anonymous(url.replace(/[?#].*/s, "")), ERROR_MAX.name);
}

/** A text on one line, cut to its maximum length. */
function cut(text: string, max: number): string {
  const line = text.replace(/\p{Cc}+/gu, " ").trim();
  return (line.length > max ? `${line.slice(0, max - 1)}…` : line).toWellFormed();
}
