/** Flags that several commands share. */
import type { Option } from "commander"
import { deviceOf } from "../runtime/device.ts"
import { choice, flag, type Kind, text, toggle, whole } from "./flag.ts"

export const splits = choice("train", "validation", "test")
export const seed = whole(0)

/** Every command's flags. */
export const outputOptions = (): Option[] => [
  toggle("--json", "Print one JSON object on stdout", "Output:"),
  toggle("-q, --quiet", "No progress and no advice", "Output:"),
  toggle("--verbose", "More on stderr: where data come from, checkpoints, causes of errors", "Output:"),
  toggle("--color", "Colours even where stderr is no terminal", "Output:"),
  toggle("--no-color", "No colours (NO_COLOR is honoured too)", "Output:"),
]

/** Where data are looked for. */
export const placeOptions = (): Option[] => [
  flag("--data-dir <folder>", "Folder that holds data sets", text("a folder"), {
    fallback: "$EIDOS_DATA",
    group: "Where data are:",
  }),
  flag("--cache-dir <folder>", "Folder for downloads", text("a folder"), {
    fallback: "$XDG_CACHE_HOME/eidos",
    group: "Where data are:",
  }),
  toggle("--offline", "Never download", "Where data are:"),
]

/** The label of what a conditional model draws. */
export const labelOption = (fallback: string): Option =>
  flag("--label <n>", "Class number, for models conditioned on labels", whole(0, 255), { fallback })

const which: Kind<"best" | "last" | number> = {
  needs: "best, last or the step of a checkpoint",
  range: "best, last or a step",
  parse: (given) => (given === "best" || given === "last" ? given : whole(0).parse(given)),
}
export const checkpointOption = (): Option =>
  flag("--checkpoint <which>", "Weights to use", which, { fallback: "best" })

/** What can run programs. */
export const deviceName: Kind<string> = {
  needs: "one of auto, cpu, webgpu, cuda, cuda:N",
  range: "auto, cpu, webgpu, cuda, cuda:N",
  parse: (given) => (given === "auto" || deviceOf(given) ? given : undefined),
}

/** What runs a trained model: the processor unless told, as in the evaluation after training. */
export const deviceOption = (): Option =>
  flag("--device <name>", "What runs the model: all of its programs, or none", deviceName, {
    fallback: "auto, which is cpu, wherever the run was trained",
  })

export const threadsOption = (): Option =>
  flag("--threads <n>", "Threads inside one operator", whole(1, 1024), { fallback: "as in training" })
