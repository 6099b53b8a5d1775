/** Runs a script of `scripts/`, as a process of its own. */
export async function runScript(name: string, args: readonly string[]) {
  const script = Bun.fileURLToPath(import.meta.resolve(`../../scripts/${name}`));
  const child = Bun.spawn([process.execPath, script, ...args], { stdout: "pipe", stderr: "pipe" });
  const [out, error, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, error, code };
}
