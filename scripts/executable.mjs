// The compiler keeps the shebang of the command line but not its right to be executed.
import { chmodSync } from "node:fs"

chmodSync(new URL("../dist/cli/main.js", import.meta.url), 0o755)
