/** Schemas of the feature's requests and responses. */
import { type Static, Type } from "@sinclair/typebox";
import { ERROR_MAX, ErrorFrame } from "../../../events/error.ts";
import { component } from "../../http/document/components.ts";
import { EXAMPLE_TIME, list, oneOf, PageQuery, readModelHealth, Timestamp } from "../../http/schema.ts";

const EXAMPLE_ERROR_ID = "5f2c8e0b7a914d36b0c1d2e3f4a59687";

export const ErrorId = Type.String({
  pattern: "^[0-9a-f]{32}$",
  description: "The fingerprint of the group that the error belongs to.",
  examples: [EXAMPLE_ERROR_ID],
});

/** No e-mail address or sentence fits: such names are stored as they come. */
const NAME = "^[A-Za-z0-9][A-Za-z0-9._-]*$";

const Source = Type.String({
  minLength: 1,
  maxLength: ERROR_MAX.source,
  pattern: NAME,
  description: "The program in which it happened. Each source has groups of its own.",
  examples: ["web"],
});

export const ErrorReport = component(
  "ErrorReport",
  Type.Object(
    {
      source: Source,
      type: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          description: "The error's name. `Error` by default.",
          examples: ["TypeError"],
        }),
      ),
      message: Type.String({
        maxLength: 4_000,
        description: `What it says; the first ${ERROR_MAX.message} characters are kept.`,
        examples: ["Cannot read properties of undefined (reading 'id')"],
      }),
      stack: Type.Optional(
        Type.String({
          maxLength: 32_000,
          description: `The stack as browsers, Node.js, Deno and Bun write it; the first ${ERROR_MAX.frames} frames are kept.`,
          examples: ["TypeError: Cannot read …\n    at render (https://app.example.com/assets/app.3f2a9c1b.js:4:1280)"],
        }),
      ),
      url: Type.Optional(
        Type.String({
          maxLength: 2_048,
          description: "The page. Its query and fragment are not kept.",
          examples: ["https://app.example.com/jobs"],
        }),
      ),
      release: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: ERROR_MAX.release,
          pattern: "^[A-Za-z0-9][A-Za-z0-9._+/-]*$",
          description: "The build in which it happened.",
          examples: ["2026.1.15"],
        }),
      ),
      environment: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: ERROR_MAX.release,
          pattern: NAME,
          description: "The environment in which it happened.",
          examples: ["production"],
        }),
      ),
      fingerprint: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          description: "Reports of one source with the same fingerprint form one group, whatever else they contain.",
          examples: ["checkout-failed"],
        }),
      ),
    },
    {
      additionalProperties: false,
      examples: [
        {
          source: "web",
          type: "TypeError",
          message: "Cannot read properties of undefined (reading 'id')",
          stack: "TypeError: Cannot read …\n    at render (https://app.example.com/assets/app.3f2a9c1b.js:4:1280)",
          url: "https://app.example.com/jobs",
          release: "2026.1.15",
        },
      ],
    },
  ),
);
export type ErrorReport = Static<typeof ErrorReport>;

export const ErrorAccepted = component(
  "ErrorAccepted",
  Type.Object(
    {
      error_id: ErrorId,
      status: oneOf(
        ["recorded", "counted"],
        "`recorded`: the report is in the log. `counted`: its group was recorded a short time ago, and the group's next event will include it.",
      ),
    },
    { additionalProperties: false },
  ),
);

export const EXAMPLE_ACCEPTED = { error_id: EXAMPLE_ERROR_ID, status: "recorded" } as const;

const Status = oneOf(["open", "resolved"], "An error that is reported again after it was resolved is `open`.");

const ErrorSummary = component(
  "ErrorSummary",
  Type.Object(
    {
      error_id: ErrorId,
      source: Source,
      status: Status,
      type: Type.String({
        description: "This and the following fields are those of the latest recorded report.",
        examples: ["TypeError"],
      }),
      message: Type.String({ examples: ["Cannot read properties of undefined (reading 'id')"] }),
      release: Type.Union([Type.String(), Type.Null()]),
      environment: Type.Union([Type.String(), Type.Null()]),
      reports: Type.Integer({
        minimum: 1,
        description:
          "Recorded reports. Never too high; too low only if a process was killed before it recorded what it had counted.",
      }),
      first_seen_at: Timestamp,
      last_seen_at: Type.Unsafe<string>({ ...Timestamp, description: "When a report was last recorded." }),
      resolved_at: Type.Union([Timestamp, Type.Null()], { description: "When it was last resolved." }),
    },
    { additionalProperties: false },
  ),
);

export const ReportedErrorGroup = component(
  "ReportedErrorGroup",
  Type.Object(
    {
      ...ErrorSummary.properties,
      url: Type.Union([Type.String(), Type.Null()], { description: "The page, without query and fragment." }),
      frames: Type.Array(ErrorFrame, { maxItems: ERROR_MAX.frames, description: "The call that failed first." }),
      events: Type.Integer({ minimum: 1, description: "Events of the log that record the reports." }),
    },
    { additionalProperties: false },
  ),
);

export const ErrorList = component("ErrorList", list(ErrorSummary));

export const ErrorListQuery = Type.Object(
  {
    ...PageQuery.properties,
    source: Type.Optional(Source),
    status: Type.Optional(Status),
    since: Type.Optional(
      Type.String({
        format: "date-time",
        description: "Only groups that were recorded at or after this time (RFC 3339).",
        examples: ["2026-01-15T00:00:00Z"],
      }),
    ),
  },
  { additionalProperties: false },
);

export const ErrorChanged = component(
  "ErrorChanged",
  Type.Object({ error_id: ErrorId, status: Status }, { additionalProperties: false }),
);

export const EXAMPLE_GROUP = {
  url: "https://app.example.com/jobs",
  frames: [{ function: "render", file: "https://app.example.com/assets/app.3f2a9c1b.js", line: 4, column: 1280 }],
  events: 3,
} as const;

export const EXAMPLE_SUMMARY = {
  error_id: EXAMPLE_ERROR_ID,
  source: "web",
  status: "open",
  type: "TypeError",
  message: "Cannot read properties of undefined (reading 'id')",
  release: "2026.1.15",
  environment: null,
  reports: 41,
  first_seen_at: EXAMPLE_TIME,
  last_seen_at: EXAMPLE_TIME,
  resolved_at: null,
} as const;

export const ErrorsHealth = component(
  "ErrorsHealth",
  Type.Object(
    {
      ...readModelHealth,
      open: Type.Integer({ minimum: 0, description: "Groups that are open." }),
      resolved: Type.Integer({ minimum: 0, description: "Groups that are resolved." }),
      last_seen_at: Type.Union([Timestamp, Type.Null()], {
        description: "When a report of any group was last recorded.",
      }),
    },
    { additionalProperties: false },
  ),
);
