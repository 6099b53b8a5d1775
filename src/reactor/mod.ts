/** Runs reactions: what the service does automatically after an event. */
export { type Action, command, defineReaction, type Reaction, submit } from "./reaction.ts";
export { type ReactionStatus, type Reactor, startReactor } from "./reactor.ts";
