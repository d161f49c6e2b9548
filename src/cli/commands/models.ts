import { defineCommand } from "../command.ts"

export const modelsCommand = defineCommand({
  name: "models",
  purpose: "List the models: what each can say about p(x), how it draws samples, where it was published",
  flags: [],
  examples: ["models", "models --json", "train vae --help"],
  async run({ output }) {
    const { models } = await import("../../models/index.ts")
    const { aligned, plainTable } = await import("../estimates-table.ts")
    const rows = Object.values(models).map(({ name, density, sampling, cites }) => ({
      name,
      density,
      sampling,
      year: cites[0].year,
      cites: cites.map(({ key }) => key),
    }))
    const table = plainTable(["Name", "Density", "Sampling", "Year", "Cites"].map(output.paint.bold))
    for (const { name, density, sampling, year, cites } of rows)
      table.push([name, density, sampling, year, cites.join(", ")])
    output.result(rows, aligned(table))
  },
})
