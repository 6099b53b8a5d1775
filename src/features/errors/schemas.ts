/** Schemas of the feature's requests and responses. */
import { type Static, Type } from "@sinclair/typebox";
import { ERROR_MAX, ErrorFrame } from "../../../events/error.ts";
import { component } from "../../http/document/components.ts";
import { EXAMPLE_TIME, list, oneOf, PageQuery, PRINTABLE, Timestamp } from "../../http/schema.ts";

const EXAMPLE_ERROR_ID = "5f2c8e0b7a914d36b0c1d2e3f4a59687";

export const ErrorId = Type.String({
  pattern: "^[0-9a-f]{32}$",
  description: "The fingerprint of the group that the error belongs to.",
  examples: [EXAMPLE_ERROR_ID],
});

const Source = Type.String({
  minLength: 1,
  maxLength: ERROR_MAX.source,
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
  description: "The program in which it happened. Errors of two sources are never of one group.",
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
        Type.String({ minLength: 1, maxLength: ERROR_MAX.release, pattern: PRINTABLE, examples: ["2026.1.15"] }),
      ),
      environment: Type.Optional(
        Type.String({ minLength: 1, maxLength: ERROR_MAX.release, pattern: PRINTABLE, examples: ["production"] }),
      ),
      fingerprint: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          description: "Reports of one source with the same fingerprint are of one group, whatever else they say.",
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
        "`recorded`: it is in the log. `counted`: its group was recorded a short time ago; the report is in the group's next event.",
      ),
    },
    { additionalProperties: false },
  ),
);

export const EXAMPLE_ACCEPTED = { error_id: EXAMPLE_ERROR_ID, status: "recorded" } as const;

const Status = oneOf(["open", "resolved"], "`open` also where it was reported again after it was resolved.");

const ErrorSummary = component(
  "ErrorSummary",
  Type.Object(
    {
      error_id: ErrorId,
      source: Source,
      status: Status,
      type: Type.String({ description: "As it was reported last, like all that follows.", examples: ["TypeError"] }),
      message: Type.String({ examples: ["Cannot read properties of undefined (reading 'id')"] }),
      release: Type.Union([Type.String(), Type.Null()]),
      environment: Type.Union([Type.String(), Type.Null()]),
      reports: Type.Integer({
        minimum: 1,
        description:
          "Reports on record: never more than there were; fewer by those that a process had counted and not recorded when it was killed.",
      }),
      first_seen_at: Timestamp,
      last_seen_at: Type.Unsafe<string>({ ...Timestamp, description: "When reports of it were recorded last." }),
      resolved_at: Type.Union([Timestamp, Type.Null()], { description: "When it was resolved last." }),
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
        description: "Only those of which reports were recorded at this time or later (RFC 3339).",
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
      ok: Type.Boolean({ description: "Whether reports become visible: the read model has not stopped." }),
      position: Type.Integer({ minimum: 0, description: "The figures are those as of this position of the log." }),
      open: Type.Integer({ minimum: 0, description: "Groups that are open." }),
      resolved: Type.Integer({ minimum: 0, description: "Groups that are resolved." }),
      last_seen_at: Type.Union([Timestamp, Type.Null()], {
        description: "When reports were recorded last, of any group.",
      }),
    },
    { additionalProperties: false },
  ),
);
