/** Every fuzz target: `npm run fuzz` runs them for a time, `npm test` a number of inputs of each. */
import type { FuzzTarget } from "../target.ts";
import { cron } from "./cron.ts";
import { cursors } from "./cursors.ts";
import { emailAddress } from "./email_address.ts";
import { expressions } from "./expressions.ts";
import { json } from "./json.ts";
import { mailRecords } from "./mail_records.ts";
import { mailReports } from "./mail_reports.ts";
import { sealed } from "./sealed.ts";
import { time } from "./time.ts";

export const targets: readonly FuzzTarget[] = [
  cron,
  cursors,
  emailAddress,
  expressions,
  json,
  mailRecords,
  mailReports,
  sealed,
  time,
];
