import { join } from "node:path"
import { EidosError } from "../../core/errors.ts"
import { datasetChoice } from "../../data/names.ts"
import { type BoardFlags, span } from "../board-flags.ts"
import { type Context, defineCommand } from "../command.ts"
import { placeOptions, seed } from "../common-flags.ts"
import { flag, list, text, whole } from "../flag.ts"
import { interruptible } from "../signals.ts"

export const board = defineCommand<BoardFlags>({
  name: "board",
  purpose: "Train models side by side on one data set, and rank what may be ranked",
  flags: [
    flag("--data <name|path>", datasetChoice, text("a name or a path"), { fallback: "glyphs" }),
    flag("--models <list>", "Models, as in vae,pca", list(text(), "models"), {
      fallback: "all that can be trained on the data",
    }),
    flag("--budget <time>", "Training time of a model at most, as in 30s, 5m or 1h", span, { fallback: "5m" }),
    flag("--limit <n>", "At most this many images in each split", whole(1)),
    flag("-o, --out <folder>", "Folder of the board; lines it knows are not made again", text("a folder"), {
      fallback: "boards/DATA",
    }),
    flag("--seed <n>", "Seed of everything random", seed, { fallback: "0" }),
    flag("--threads <n>", "Threads inside one operator", whole(1, 1024), { fallback: "the number of cores" }),
    flag("--k <n>", "Importance samples a datum in bounds; 0 for none", whole(0, 1_000_000), {
      fallback: "the preset's, else 100",
    }),
    ...placeOptions(),
  ],
  examples: [
    "board --data mnist-binarized",
    "board --data glyphs --models pca,vae --budget 1m",
    "board --data mnist-binarized --budget 30s --k 1000 --out boards/quick --json",
  ],
  run: (context) => interruptible(context.io, (signal) => make(context, signal)),
})

export const noModels = "board: no model was named; leave --models out for all of them."

async function make(context: Context<BoardFlags>, signal: AbortSignal): Promise<void> {
  const { basename } = await import("node:path")
  const { makeBoard } = await import("../board-making.ts")
  const { data = "glyphs", out, models } = context.flags
  if (models?.length === 0) throw new EidosError("usage", noModels)
  await makeBoard(context, { data, folder: out ?? join("boards", basename(data)), signal })
}
