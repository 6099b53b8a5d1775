/** The ceiling: Elysia with the same validation, recording nothing. */
import { serve } from "./serve.ts";

serve(() => Bun.randomUUIDv7());
