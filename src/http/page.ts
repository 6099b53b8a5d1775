/** A page for people that a feature renders: it is served like a call, and is not in the API document. */
export interface Page {
  readonly path: string;
  readonly render: (request: Request) => Promise<Response>;
}
