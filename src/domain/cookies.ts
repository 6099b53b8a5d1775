/**
 * A visitor's choice of cookies.
 *
 * ```text
 *   (none) ──choose──▶ chosen ──choose──▶ chosen (100 times in all)
 * ```
 */
import type { CookiesChosen } from "../../events/cookies.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { Decider, Rejection } from "./decider.ts";

/** How often a visitor can change their choice: whoever has its id must not be able to fill the log. */
export const COOKIE_CHOICES_MAX = 100;

export interface CookiesState {
  readonly chosen: CookiesChosen | null;
  readonly choices: number;
}

/** `first`: there must be no choice yet, or there must be one. */
export type CookiesCommand = { readonly type: "choose"; readonly first: boolean } & CookiesChosen;

export interface CookiesRejection extends Rejection {
  readonly code: "cookie_choice_not_found" | "cookie_choice_exists" | "too_many_cookie_choices";
}

export const cookiesDecider: Decider<CookiesState, CookiesCommand, CookiesRejection> = {
  initial: { chosen: null, choices: 0 },
  evolve: (state, event: KnownEvent) =>
    event.type === "cookies.chosen" ? { chosen: event.data, choices: state.choices + 1 } : state,
  decide({ type: _, first, ...data }, { chosen, choices }): readonly KnownNewEvent[] | CookiesRejection {
    if (first && chosen) return refuse("cookie_choice_exists", "Cannot record a first choice: there is one.");
    if (!first && !chosen) return refuse("cookie_choice_not_found", "There is no choice with this id.");
    if (chosen && isSame(chosen, data)) return [];
    if (choices >= COOKIE_CHOICES_MAX) {
      return refuse("too_many_cookie_choices", `The choice was changed ${choices} times, the maximum. Make a new one.`);
    }
    return [{ type: "cookies.chosen", data }];
  },
};

/** Whether somebody chose the same again, having been told the same. */
function isSame(before: CookiesChosen, now: CookiesChosen): boolean {
  return (
    before.functional === now.functional &&
    before.analytics === now.analytics &&
    before.marketing === now.marketing &&
    before.notice.version === now.notice.version
  );
}

function refuse(code: CookiesRejection["code"], message: string): CookiesRejection {
  return { rejected: true, code, message };
}
