/** What can be said about a training run on the command line. */
import type { Option } from "commander"
import { datasetChoice } from "../data/names.ts"
import type { TrainingDefaults } from "../model/define.ts"
import type { ScheduleName } from "../optim/schedule.ts"
import { optimizerNames } from "../optim/settings.ts"
import type { OptimizerRequest } from "../run/optimizer-request.ts"
import { deviceName, placeOptions, seed } from "./common-flags.ts"
import { choice, flag, list, positive, real, text, toggle, whole } from "./flag.ts"

export interface TrainFlags extends OptimizerRequest {
  readonly data?: string
  readonly digits?: readonly number[]
  readonly limit?: number
  readonly validation?: number
  readonly binarize?: "none" | "threshold" | "dynamic"
  readonly dequantize?: boolean
  readonly dataDir?: string
  readonly cacheDir?: string
  readonly offline?: boolean
  readonly steps?: number
  readonly epochs?: number
  readonly minutes?: number
  readonly batchSize?: number
  readonly accumulate?: number
  readonly lr?: number
  readonly lrEnd?: number
  readonly schedule?: ScheduleName
  readonly warmup?: number
  readonly stepEvery?: number
  readonly stepEpochs?: number
  readonly stepFactor?: number
  readonly seed?: number
  readonly threads?: number
  readonly device?: string
  readonly preset?: string
  readonly config?: string
  readonly set?: readonly string[]
  readonly out?: string
  readonly force?: boolean
  readonly resume?: string
  readonly logEvery?: number
  readonly validateEvery?: number
  readonly saveEvery?: number
  readonly k?: number
  readonly dryRun?: boolean
  /** Fields of the model. */
  readonly [field: string]: unknown
}

const ofModel = { fallback: "the model's" }

/** What the help knows of the model that is named. */
export interface TrainHelp {
  readonly presets: readonly string[]
  readonly training?: TrainingDefaults
}

const dataOptions = (): Option[] =>
  [
    flag("--data <name|path>", datasetChoice, text("a name or a path"), {
      fallback: "the preset's, else glyphs",
    }),
    flag("--digits <list>", "Classes to keep, as in 1,5,6", list(whole(0, 255), "class numbers"), { fallback: "all" }),
    flag("--limit <n>", "At most this many images in each split", whole(1)),
    flag("--validation <n>", "Images set aside for validation; glyphs and mnist only", whole(1), { fallback: "5000" }),
    flag("--binarize <how>", "Zeros and ones from grey", choice("none", "threshold", "dynamic"), ofModel),
    toggle("--dequantize", "Add uniform noise to grey levels, so that densities are honest (default: the model's)"),
    toggle("--no-dequantize", "Leave grey levels as they are"),
  ].map((option) => option.helpGroup("Data:"))

const trainingOptions = ({ presets, training }: TrainHelp): Option[] =>
  [
    flag("--preset <name>", presetTitle(presets), text("a name"), { fallback: "none" }),
    flag("--steps <n>", "Length in steps", whole(1), fallbackOf(training?.steps)),
    flag("--epochs <x>", "Length in passes over the training data, instead", positive),
    flag("--minutes <x>", "Stop when this much time is spent", positive),
    flag("-b, --batch-size <n>", "Images in a step", whole(1), fallbackOf(training?.batchSize)),
    flag("--accumulate <n>", "Batches over whose gradients a step averages", whole(1, 10_000), { fallback: "1" }),
    flag("--lr <x>", "Learning rate", positive, fallbackOf(training?.learningRate)),
    flag("--lr-end <x>", "Learning rate at the end", positive, {
      fallback:
        training?.learningRateEnd === undefined ? "--lr" : `${training.learningRateEnd}, or --lr where that is given`,
    }),
    flag("--schedule <name>", "How it falls", choice("constant", "linear", "cosine", "step"), {
      fallback: "linear with --lr-end, else constant",
    }),
    flag("--step-every <n>", "Steps between falls, with --schedule step", whole(1)),
    flag("--step-epochs <x>", "The same in passes over the training data, instead", positive),
    flag("--step-factor <x>", "What a fall multiplies the rate by", real({ above: 0, max: 0.9999 }), {
      fallback: "0.1",
    }),
    flag("--warmup <n>", "Steps over which the rate rises to what the schedule says", whole(1), { fallback: "none" }),
    flag("--seed <n>", "Seed of everything random", seed, { fallback: "0" }),
    flag("--threads <n>", "Threads inside one operator", whole(1, 1024), { fallback: "the number of cores" }),
    flag("--device <name>", "What runs the steps; validation and evaluation use the cpu", deviceName, {
      fallback: "auto, which is cpu: no GPU has been timed on these models",
    }),
    flag("--k <n>", "Importance samples a datum in the final bound; 0 for none", whole(0, 1_000_000), {
      fallback: "100",
    }),
  ].map((option) => option.helpGroup("Training:"))

const optimizerOptions = ({ training }: TrainHelp): Option[] =>
  [
    flag("--optimizer <name>", "The rule that moves weights", choice(...optimizerNames), { fallback: "adam" }),
    flag("--momentum <x>", "Momentum of sgd", decay, { fallback: "0" }),
    toggle("--nesterov", "Nesterov's momentum for sgd"),
    flag("--beta1 <x>", "Decay of the first moment of adam, adamw and lion", decay, {
      fallback: training === undefined ? "the model's" : String(training.beta1 ?? 0.9),
    }),
    flag("--beta2 <x>", "Decay of the squares of adam, adamw and rmsprop, of lion's momentum", decay, {
      fallback: "0.999; rmsprop and lion 0.99",
    }),
    flag(
      "--weight-decay <x>",
      "Decay of the weights: beside the rule of adamw and lion, else in the gradient",
      penalty,
      {
        fallback: "0; adamw 0.01",
      },
    ),
    flag("--clip-norm <x>", "Largest norm of a gradient", positive, { fallback: "none" }),
    flag("--clip-value <x>", "Largest size of each number of a gradient", positive, { fallback: "none" }),
    flag("--ema <x>", "Decay of an average of the weights, which is then what is evaluated and sampled", average, {
      fallback: "none",
    }),
  ].map((option) => option.helpGroup("Optimiser:"))

const presetTitle = (presets: readonly string[]): string =>
  `Settings of a published or taught result${presets.length > 0 ? `: ${presets.join(", ")}` : ""}`

const decay = real({ min: 0, max: 0.9999 })
const penalty = real({ min: 0 })
const average = real({ above: 0, max: 0.999999 })

const fallbackOf = (value: number | undefined) => (value === undefined ? ofModel : { fallback: String(value) })

const runOptions = (): Option[] =>
  [
    flag("-o, --out <folder>", "Folder of the run", text("a folder"), { fallback: "runs/MODEL-DATE-TIME-ID" }),
    toggle("--force", "Clear the folder when an earlier run is in it"),
    flag("--resume <path|auto>", "Go on with a stopped run; auto takes the newest", text("a folder or auto")),
    flag("--log-every <n>", "Steps between lines of metrics.jsonl", whole(1), { fallback: "1 % of the steps" }),
    flag("--validate-every <n>", "Steps between validations", whole(1), { fallback: "an epoch, at most 10 %" }),
    flag("--save-every <n>", "Steps between checkpoints", whole(1), { fallback: "--validate-every" }),
    flag("-c, --config <file>", "A run's config.json, or part of one", text("a file")),
    flag("--set <path=value>", "A field of the model's configuration; may come again", repeated),
    toggle("--dry-run", "Print the complete configuration and stop"),
  ].map((option) => option.helpGroup("Run:"))

const repeated = text("PATH=VALUE")

/** The flags of `train` beside the model's own. */
export function trainOptions(help: TrainHelp): Option[] {
  const options = [...dataOptions(), ...trainingOptions(help), ...optimizerOptions(help), ...runOptions()]
  options.find(({ long }) => long === "--set")!.argParser((given: string, before: string[] = []) => [...before, given])
  return [...options, ...placeOptions()]
}
