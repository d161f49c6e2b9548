import { defineCommand } from "../command.ts"

export const cite = defineCommand({
  name: "cite",
  purpose: "Print the publications of a model as BibTeX",
  argument: ["<MODEL>", "a name from `eidos models`"],
  flags: [],
  examples: ["cite vae", "cite autoencoder > references.bib", "cite pca --json"],
  async run({ argument, output }) {
    const { bibtex } = await import("../../model/define.ts")
    const { findModel } = await import("../../models/index.ts")
    const { name, cites } = findModel(argument)
    const text = cites.map(bibtex).join("\n\n")
    output.result({ schemaVersion: 1, model: name, cites, bibtex: text }, text)
  },
})
