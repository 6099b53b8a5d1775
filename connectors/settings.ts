/** What may be called from here. */
import { isAddressRange } from "../src/ip/mod.ts";
import { InvalidSettingError, list, setting, settings } from "../src/settings/mod.ts";

/** What a development service may call besides public addresses: services on the same machine. */
const LOOPBACK = ["127.0.0.0/8", "::1"];

export const outboundSettings = settings(
  {
    outbound_allow: setting({
      env: "OUTBOUND_ALLOW",
      summary:
        "What jobs and callbacks may call besides public addresses: IP addresses, CIDR ranges and host names, separated by commas; or none. Must be the same in every process: the API also checks callback_url against it.",
      example: "10.20.0.0/16,hooks.internal",
      default_text: `${LOOPBACK} without API_KEYS, with the role all and outside production; otherwise none`,
      read: (text) => (text === "none" ? [] : entries(text)),
    }),
  },
  {
    resolve: ({ outbound_allow }, { open, production, role }) => ({
      // A worker does not know whether there are keys, so it cannot tell whether it serves only its own developer.
      outbound_allow: outbound_allow ?? (open && !production && role === "all" ? LOOPBACK : []),
    }),
  },
);

const entries = list((entry) => {
  // A last label of digits would be an invalid IP address.
  const isHost = /^(?:[a-z\d_](?:[a-z\d_-]*[a-z\d])?\.)*[a-z](?:[a-z\d-]*[a-z\d])?$/i.test(entry);
  if (isAddressRange(entry) || isHost) return entry;
  throw new InvalidSettingError(
    `${JSON.stringify(entry)} is not an IP address, CIDR range or host name; write 10.20.0.0/16,hooks.internal`,
  );
});
