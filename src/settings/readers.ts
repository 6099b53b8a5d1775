/** Readers of values: each parses a text, or throws `InvalidSettingError`. */
import { InvalidSettingError } from "./setting.ts";

/** A whole number. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidSettingError(`it must be a whole number from ${min} to ${max}`);
  };
}

/** A number from 0 to 1. */
export function ratio(text: string): number {
  const value = /^(?:\d+|\d*\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new InvalidSettingError("it must be a number from 0 to 1, for example 0.01");
}

/** One of some words. */
export function oneOf<const Choice extends string>(...choices: Choice[]): (text: string) => Choice {
  return (text) => {
    const found = choices.find((choice) => choice === text);
    if (found) return found;
    throw new InvalidSettingError(`it must be ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`);
  };
}

/** A text that matches a pattern; `otherwise` is the error for any other. */
export function matching(pattern: RegExp, otherwise: string): (text: string) => string {
  return (text) => {
    if (pattern.test(text)) return text;
    throw new InvalidSettingError(otherwise);
  };
}

/**
 * A URL with one of some schemes (`https:`), for which `holds` is true; `otherwise` is the error for anything else.
 * Returns the text.
 */
export function urlOf(
  schemes: readonly string[],
  { holds = () => true, otherwise }: { holds?: (url: URL) => boolean; otherwise: string },
): (text: string) => string {
  return (text) => {
    const url = URL.parse(text);
    if (url && schemes.includes(url.protocol) && holds(url)) return text;
    throw new InvalidSettingError(otherwise);
  };
}

/** Items separated by commas, each parsed by `item`. */
export function list<Item>(item: (text: string, place: { index: number; length: number }) => Item) {
  return (text: string): readonly Item[] => {
    const items = text.split(",").map((entry) => entry.trim());
    return items.map((entry, index) => item(entry, { index, length: items.length }));
  };
}
