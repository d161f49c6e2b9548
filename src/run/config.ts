import { z } from "zod"
import { deviceOf } from "../runtime/device.ts"

const decay = z.number().min(0).lt(1)
const weightDecay = z.number().min(0)

/** A rule's name and constants; runs made before they could be chosen say "adam" and mean the usual ones. */
const optimizerSchema = z.union([
  z.discriminatedUnion("name", [
    z.strictObject({
      name: z.literal("sgd"),
      momentum: decay,
      nesterov: z.boolean(),
      weightDecay: weightDecay.exactOptional(),
    }),
    z.strictObject({ name: z.literal("adam"), beta1: decay, beta2: decay, weightDecay: weightDecay.exactOptional() }),
    z.strictObject({ name: z.literal("adamw"), beta1: decay, beta2: decay, weightDecay }),
    z.strictObject({ name: z.literal("rmsprop"), beta2: decay, weightDecay: weightDecay.exactOptional() }),
    z.strictObject({ name: z.literal("adagrad"), weightDecay: weightDecay.exactOptional() }),
    z.strictObject({ name: z.literal("lion"), beta1: decay, beta2: decay, weightDecay }),
  ]),
  z.literal("adam").transform(() => ({ name: "adam" as const, beta1: 0.9, beta2: 0.999 })),
])

const warmup = z.int().positive().exactOptional()
const scheduleSchema = z.discriminatedUnion("name", [
  z.strictObject({
    name: z.enum(["constant", "linear", "cosine"]),
    start: z.number().positive(),
    end: z.number().positive(),
    steps: z.int().min(0),
    warmup,
  }),
  z.strictObject({
    name: z.literal("step"),
    start: z.number().positive(),
    factor: z.number().positive().lt(1),
    every: z.int().positive(),
    warmup,
  }),
])

/** How large a gradient may be: its norm, or each of its numbers. */
export const clipSchema = z.union([
  z.strictObject({ norm: z.number().positive() }),
  z.strictObject({ value: z.number().positive() }),
])

const deviceSchema = z.string().refine((name) => deviceOf(name) !== undefined, "cpu, webgpu, cuda or cuda:N is needed")

/** Everything that decides a run, as `config.json` keeps it: with the data, it reproduces every bit on the same device and threads. */
export const runConfigSchema = z.strictObject({
  schemaVersion: z.literal(1),
  model: z.string(),
  /** The model's own configuration, defaults included. */
  config: z.record(z.string(), z.unknown()),
  preset: z.string().exactOptional(),
  /** Shape of a datum: [channels, height, width]. */
  event: z.array(z.int().positive()),
  data: z.strictObject({
    name: z.string(),
    dataDir: z.string().exactOptional(),
    seed: z.int().min(0),
    validation: z.int().positive().exactOptional(),
    digits: z.array(z.int().min(0)).exactOptional(),
    limit: z.int().positive().exactOptional(),
    /** sha256 of the splits: results on other data are refused. */
    digest: z.string(),
    source: z.string(),
    counts: z.strictObject({ train: z.int(), validation: z.int(), test: z.int() }),
  }),
  preprocessing: z.strictObject({ binarize: z.enum(["none", "threshold", "dynamic"]), dequantize: z.boolean() }),
  training: z.strictObject({
    seed: z.int().min(0),
    batchSize: z.int().positive(),
    steps: z.int().min(0),
    /** Stops earlier when this much time is spent. */
    minutes: z.number().positive().exactOptional(),
    /** Batches over whose gradients a step averages. */
    accumulate: z.int().min(2).exactOptional(),
    schedule: scheduleSchema,
    optimizer: optimizerSchema,
    clip: clipSchema.exactOptional(),
    /** Decay of the average of the weights, which is then what a run is evaluated and sampled with. */
    ema: z.number().positive().lt(1).exactOptional(),
    logEvery: z.int().positive(),
    validateEvery: z.int().positive(),
    saveEvery: z.int().positive(),
  }),
  /** Importance samples per datum, for models with a bound. */
  evaluation: z.strictObject({ k: z.int().min(0).exactOptional() }),
  threads: z.int().positive(),
  /** What runs the steps; a run made before it could be chosen has the processor's. */
  device: deviceSchema.default("cpu"),
})
export type RunConfig = z.output<typeof runConfigSchema>

/** Where a run stands beside its weights, as a checkpoint's `state.json` keeps it. */
export const runStateSchema = z.looseObject({
  seconds: z.number(),
  best: z.strictObject({ step: z.int().min(0), value: z.number() }).exactOptional(),
})
export type RunState = z.output<typeof runStateSchema>
