/** Runs reactions: what follows from an event by itself. */
export { type Action, command, defineReaction, type Reaction, submit } from "./reaction.ts";
export { type ReactionStatus, type Reactor, startReactor } from "./reactor.ts";
