// Writes the README's table of models from the registry; `--check` says whether it is as it would be written.
import { readFileSync, writeFileSync } from "node:fs"
import { models } from "../dist/models/index.js"

const readme = new URL("../README.md", import.meta.url)
const rows = Object.values(models).map(
  ({ name, title, cites: [{ authors, year, title: paper, url }], density, sampling }) => {
    const first = authors.split(",")[0]
    const source = `${first} ${year}, ${url ? `[${paper}](${url})` : paper}`
    return `| \`${name}\` | ${title} | ${source} | ${density} | ${sampling} |`
  },
)
const table = ["| name | model | paper | density | sampling |", "|---|---|---|---|---|", ...rows].join("\n")
const text = readFileSync(readme, "utf8")
const next = text.replace(/(<!-- models -->)[\s\S]*?(<!-- \/models -->)/, `$1\n${table}\n$2`)
if (process.argv.includes("--check")) process.exitCode = next === text ? 0 : 1
else writeFileSync(readme, next)
