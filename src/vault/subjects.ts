/** Whose data a customer's job has, in that customer's own naming. */
import type { Vault } from "./vault.ts";

/** A person as an account names them: another account may mean somebody else by the same name. */
interface NamedSubject {
  readonly account: string;
  /** 1 to 128 characters. */
  readonly name: string;
}

/** The vault's name for them, from which nobody finds theirs. */
export async function subjectOf(vault: Vault, { account, name }: NamedSubject): Promise<string> {
  return `subject:${await vault.pseudonym({ kind: "subject", value: `${account}\0${name}` })}`;
}
