/** Appends to the log at `argv[2]` from many concurrent callers for `argv[3]` ms, then prints how many events were acknowledged. */
import { openLog } from "../../src/log/mod.ts";
import { appendOf } from "./events.ts";

const [url = "", milliseconds = "0"] = process.argv.slice(2);
const log = openLog({ url });
const until = performance.now() + Number(milliseconds);
let acknowledged = 0;
await Promise.all(
  Array.from({ length: 20 }, async (_, caller) => {
    let version = 0;
    const stream = `test-${process.pid}.${caller}`;
    while (performance.now() < until) {
      const count = 1 + (version % 3);
      const result = await log.append(appendOf(stream, version, count));
      if (!result.ok) throw new Error(`${stream} is at ${result.actual_version}, not ${version}`);
      version = result.version;
      acknowledged += count;
    }
  }),
);
await log.close();
process.stdout.write(String(acknowledged));
