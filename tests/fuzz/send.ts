/** Sends drafts, and reads the responses: of endless ones, the beginning. */
import type { Draft } from "./oddities.ts";
import { rawRequest } from "./raw.ts";

export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Whether there was more to come. */
  readonly cut: boolean;
}

/** How long to wait for the beginning of a stream, and for a response that may wait. */
const CUT_MS = 250;
const PATIENCE_MS = 20_000;

/** @param may_wait whether the call may stay without a response: a long poll */
export async function send(base: string, draft: Draft, may_wait: boolean): Promise<Received | "nothing"> {
  const query = draft.query
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  const target = query ? `${draft.path}?${query}` : draft.path;
  const body = draft.body ?? (draft.json === undefined ? undefined : JSON.stringify(draft.json));
  if (draft.raw) {
    return await sendRaw(new URL(base), { ...draft, path: target, body }, may_wait ? CUT_MS : PATIENCE_MS);
  }
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), may_wait ? CUT_MS : PATIENCE_MS);
  try {
    const response = await fetch(base + target, {
      method: draft.method,
      headers: [...draft.headers],
      body: draft.method === "GET" || draft.method === "HEAD" ? undefined : body,
      signal: stop.signal,
      redirect: "manual",
      decompress: false,
    } as RequestInit);
    const endless = /event-stream|ndjson/.test(response.headers.get("content-type") ?? "");
    const { text, cut } = endless ? await beginning(response) : { text: await response.text(), cut: false };
    return { status: response.status, headers: response.headers, text, cut };
  } catch (error) {
    if (may_wait && stop.signal.aborted) return "nothing";
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function beginning(response: Response): Promise<{ text: string; cut: boolean }> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  const deadline = Bun.sleep(CUT_MS).then(() => "late" as const);
  let text = "";
  while (true) {
    const part = await Promise.race([reader?.read(), deadline]);
    if (part === "late" || text.length > 1_000_000) {
      await reader?.cancel();
      return { text, cut: true };
    }
    if (!part || part.done) return { text, cut: false };
    text += decoder.decode(part.value, { stream: true });
  }
}

async function sendRaw(url: URL, draft: Draft, timeout_ms: number): Promise<Received | "nothing"> {
  const content = draft.method === "GET" ? Buffer.alloc(0) : Buffer.from((draft.body ?? "") as string);
  const headers = new Map([["host", url.host], ...draft.headers, ["connection", "close"]]);
  if (content.length > 0) headers.set("content-length", String(content.length));
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${draft.method} ${draft.path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  const answer = await rawRequest(url, { request: Buffer.concat([head, content]), timeout_ms });
  if (!answer) return "nothing";
  return { ...answer, text: new TextDecoder().decode(answer.body), cut: true };
}
