export { connect, type Sql } from "./connect.ts";
