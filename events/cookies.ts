/**
 * What visitors chose about cookies. Streams are named `cookies-<UUID>`, by a random id that only the visitor's browser
 * knows. Nothing in them says who the visitor is: neither an address nor an account, nor a request.
 */
import { type Static, Type } from "@sinclair/typebox";
import { DocumentVersion } from "./document.ts";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";

/** The stream of a visitor's choices. */
export const cookiesStream = streamName("cookies");

/** Those that can be refused; what is necessary needs no consent. */
export const cookieCategories = ["functional", "analytics", "marketing"] as const;

export const CookiesChosen = Type.Object({
  functional: Type.Boolean(),
  analytics: Type.Boolean(),
  marketing: Type.Boolean(),
  /** What they were told. */
  notice: DocumentVersion,
});
export type CookiesChosen = Static<typeof CookiesChosen>;

/** Every event type of the category; a stream begins with it. */
export const cookiesEvents = {
  "cookies.chosen": eventType(CookiesChosen, "a visitor chose which categories of cookies they allow, or changed that"),
} as const satisfies Record<string, EventSchema>;
