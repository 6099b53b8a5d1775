/** Where somebody agreed. */
import type { ApiParts } from "../../http/api.ts";
import { contextOf } from "../../http/context.ts";
import type { Origin } from "./commands.ts";

/** User agents are cut to this length, in UTF-16 units. */
const USER_AGENT_MAX = 512;

/** Reads where a request comes from. */
export function originReader(addressOf: ApiParts["addressOf"]): (request: Request) => Origin {
  return (request) => {
    const ip = addressOf(request);
    const user_agent = contextOf(request).headers["user-agent"]?.slice(0, USER_AGENT_MAX).toWellFormed();
    return { ...(ip && { ip }), ...(user_agent && { user_agent }) };
  };
}
