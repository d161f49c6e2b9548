// Writes the tables of the README: models from the registry, providers from docs/providers.json, which `npm run providers`
// measures. `--check` says whether they are as they would be written.
import { readFileSync, writeFileSync } from "node:fs"
import { models } from "../dist/models/index.js"

const readme = new URL("../README.md", import.meta.url)
const providers = JSON.parse(readFileSync(new URL("../docs/providers.json", import.meta.url), "utf8"))

const table = (heads, rows) =>
  [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

const modelTable = () =>
  table(
    ["name", "model", "paper", "density", "sampling"],
    Object.values(models).map(({ name, title, cites: [{ authors, year, title: paper, url }], density, sampling }) => {
      const source = `${authors.split(",")[0]} ${year}, ${url ? `[${paper}](${url})` : paper}`
      return [`\`${name}\``, title, source, density, sampling]
    }),
  )

const short = (error) => (error === 0 ? "0" : error.toExponential(0))
const names = providers.columns.map(({ name }) => name)

const opTable = () =>
  table(
    ["op", ...names],
    Object.entries(providers.ops).map(([op, errors]) => [`\`${op}\``, ...names.map((name) => short(errors[name]))]),
  )

/** Largest error over all subjects of a kind. */
const largest = (subjects, name) => Math.max(...Object.values(subjects).map((errors) => errors[name]))

function agreementTable() {
  const rows = providers.columns.map(({ name, example, step, law, looser }) => {
    const same = providers.bits.find(({ of }) => of === name)
    const tight = Object.fromEntries(Object.entries(providers.ops).filter(([op]) => looser[op] === undefined))
    const loose = Object.entries(looser).map(
      ([op, tolerance]) => `, ${op} ${short(providers.ops[op][name])} (${short(tolerance)})`,
    )
    return [
      name,
      `${short(largest(tight, name))} (${short(example)})${loose.join("")}`,
      `${short(largest(providers.steps, name))} (${short(step)})`,
      `${short(largest(providers.laws, name))} (${short(law)})`,
      same ? `${same.same} of ${same.programs}, as ${same.as}` : "",
    ]
  })
  const kinds = ["ops", "training steps", "laws"].map((kind) => `${kind}: error (tolerance)`)
  return table(["provider", ...kinds, "same bits"], rows)
}

function differences() {
  const lines = providers.bits
    .filter(({ differing }) => differing.length > 0)
    .map(({ of, as, differing }) => `- ${of} and ${as}: ${differing.map((name) => `\`${name}\``).join(", ")}.`)
  return lines.join("\n")
}

const measured = `Measured with ONNX Runtime ${providers.runtime} and ${providers.browser} (software GPU) on ${providers.processor}.`
const parts = {
  models: modelTable(),
  agreement: `${agreementTable()}\n\n${measured} Not the same bits have:\n\n${differences()}`,
  ops: opTable(),
}
const text = readFileSync(readme, "utf8")
const next = Object.entries(parts).reduce(
  (written, [name, part]) =>
    written.replace(
      new RegExp(`(<!-- ${name} -->)[\\s\\S]*?(<!-- /${name} -->)`),
      (_, open, close) => `${open}\n${part}\n${close}`,
    ),
  text,
)
if (process.argv.includes("--check")) process.exitCode = next === text ? 0 : 1
else writeFileSync(readme, next)
