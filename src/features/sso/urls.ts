/** Where people sign in, and where a provider sends them back to. */
export const START_PATH = "/auth/sso/:org_id";
export const CALLBACK_PATH = `${START_PATH}/callback`;

/** Of one organisation, as browsers reach them; without a configured URL, as in development, where the request went. */
export function addressesOf(
  request: Request,
  { public_url, org_id }: { public_url: string | undefined; org_id: string },
): { readonly sign_in_url: string; readonly redirect_uri: string } {
  const base = public_url ?? new URL(request.url).origin;
  const sign_in_url = base.replace(/\/$/, "") + START_PATH.replace(":org_id", org_id);
  return { sign_in_url, redirect_uri: `${sign_in_url}/callback` };
}
