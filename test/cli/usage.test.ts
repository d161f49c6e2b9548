/** What people meet first: help, wrong flags, lists. */
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { commandsFor } from "../../src/cli/commands/index.ts"
import { exitCodes } from "../../src/cli/exit-codes.ts"
import { eidos } from "./harness.ts"

const errorShape = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }),
})

describe("help", () => {
  it.each(commandsFor([]).map(({ name }) => name))(
    "of %s has a purpose, three examples and every flag",
    async (name) => {
      const { code, stdout } = await eidos([name, "--help"])
      expect(code).toBe(0)
      expect(stdout.match(/^ {2}\$ eidos /gm)).toHaveLength(3)
      const spec = commandsFor([]).find((one) => one.name === name)!
      for (const option of spec.flags.filter(({ hidden }) => !hidden))
        expect(stdout).toContain(option.long ?? option.short)
    },
  )
  it("of a model's training has its fields with titles, ranges and defaults", async () => {
    const { stdout } = await eidos(["train", "vae", "--help"])
    for (const words of [
      "--latent <n>",
      "Latent dimensions",
      "1 to 512",
      "default: 20",
      "--variance-floor",
      "default: 400",
    ])
      expect(stdout).toContain(words)
  })
  it("is what comes without any word, and lists the commands", async () => {
    const { code, stdout } = await eidos([])
    expect(code).toBe(0)
    for (const { name } of commandsFor([])) expect(stdout).toContain(`  ${name} `)
  })
  it("has only examples that parse", async () => {
    for (const { name, examples } of [
      ...commandsFor([]),
      ...["pca", "autoencoder", "vae"].flatMap((model) => commandsFor(["train", model]).slice(0, 1)),
    ])
      for (const example of examples) {
        const words = example.split(" > ")[0]!.split(" ")
        const { code } = await eidos([...words, "--help"])
        expect([name, example, code]).toEqual([name, example, 0])
      }
  })
})

describe("a wrong command line ends with 2 and says what to do", () => {
  it.each([
    ["a misspelt flag", ["train", "vae", "--laten", "3"], "--latent"],
    ["a misspelt command", ["trian", "vae"], "train"],
    ["no model", ["train"], "pca, autoencoder, vae"],
    ["a model's flag without the model", ["train", "--latent", "3"], "pca, autoencoder, vae"],
    ["a model's flag on resume", ["train", "--resume", "x", "--beta", "3"], "--beta"],
    ["an unknown model", ["train", "perceptron"], "pca, autoencoder, vae"],
    [
      "a number out of range",
      ["train", "vae", "--latent", "0"],
      '--latent: "0" came; a whole number from 1 to 512 is needed.',
    ],
    ["a choice that is none", ["train", "vae", "--activation", "selu"], "one of relu, tanh, linear"],
    ["a list of words", ["train", "vae", "--hidden", "wide"], "--hidden"],
    ["a flag of another model", ["train", "pca", "--beta", "2"], "--beta"],
    ["steps for a closed form", ["train", "pca", "--steps", "9"], "--steps"],
    ["two lengths", ["train", "vae", "--steps", "9", "--epochs", "2", "--limit", "10"], "--steps"],
    ["momentum for Adam", ["train", "vae", "--momentum", "0.9"], "--momentum does not apply to --optimizer adam."],
    ["a first moment for SGD", ["train", "vae", "--optimizer", "sgd", "--beta1", "0.5"], "of adam, adamw, lion"],
    ["Nesterov's without momentum", ["train", "vae", "--optimizer", "sgd", "--nesterov"], "--momentum above 0"],
    ["two ways to clip", ["train", "vae", "--clip-norm", "1", "--clip-value", "1"], "--clip-value"],
    ["an optimiser that is none", ["train", "vae", "--optimizer", "adamax"], "one of sgd, adam, adamw"],
    ["an average that never moves", ["train", "vae", "--ema", "1"], "--ema"],
    ["a fall of another schedule", ["train", "vae", "--step-every", "10"], "--schedule step"],
    ["a step schedule without steps", ["train", "vae", "--schedule", "step"], "--step-every or --step-epochs"],
    [
      "a step schedule with an end",
      ["train", "vae", "--schedule", "step", "--step-every", "9", "--lr-end", "1e-5"],
      "--lr-end does not apply",
    ],
    ["an optimiser for a closed form", ["train", "pca", "--optimizer", "sgd"], "--optimizer has nothing to do"],
    ["a device that is none", ["train", "vae", "--device", "tpu"], "one of auto, cpu, webgpu, cuda, cuda:N"],
    ["a device that is not here", ["train", "vae", "--device", "cuda:999"], "--device cuda:999: "],
    ["accumulation on a device", ["train", "vae", "--device", "webgpu", "--accumulate", "2"], "--device cpu"],
    ["a device that is none, for a trained model", ["sample", "x", "--device", "tpu"], "one of auto, cpu, webgpu"],
    ["a device for a closed form", ["train", "pca", "--device", "cpu"], "--device has nothing to do"],
    ["an average on resume", ["train", "--resume", "x", "--ema", "0.9"], "--ema cannot change"],
    ["an unknown preset", ["train", "vae", "--preset", "huge"], "mnist-binarized"],
    ["an unknown field", ["train", "vae", "--set", "depth=2"], "depth"],
    ["a forbidden key", ["train", "vae", "--set", "__proto__.polluted=1"], "__proto__"],
    ["a setting without a value", ["train", "vae", "--set", "latent"], "PATH=VALUE"],
    ["a file that is not there", ["train", "-c", "/nowhere.json", "vae"], "/nowhere.json"],
    ["an unknown data set", ["train", "vae", "--data", "mnits"], "mnist"],
    ["no run", ["evaluate"], "RUN"],
    ["too many words", ["export", "a", "b"], "more words"],
    ["a flag without its value", ["sample", "x", "--out"], "--out"],
    ["a picture of an unknown kind", ["sample", "x", "--out", "a.gif"], ".png"],
    ["a picture and JSON on one stream", ["sample", "x", "--out", "-", "--json"], "--json"],
    ["an unknown shell", ["completion", "tcsh"], "zsh"],
  ])("%s", async (_, args, words) => {
    const { code, stderr, stdout } = await eidos(args)
    expect(stderr).toContain(words)
    expect(code).toBe(2)
    expect(args.includes("--json") ? "" : stdout).toBe("")
  })
  it.each(["evaluate", "sample", "score", "classify", "film", "report"])(
    "a device that is not here, for %s",
    async (command) => {
      const { code, stderr } = await eidos([command, "x", "--device", "cuda:999"])
      expect([code, stderr]).toEqual([2, expect.stringContaining("--device cuda:999: ")])
    },
  )
  it("pollutes nothing", () => expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined())
  it("is one JSON object for programs", async () => {
    const { code, stdout } = await eidos(["train", "vae", "--laten", "3", "--json"])
    expect(errorShape.parse(JSON.parse(stdout)).error.code).toBe("usage")
    expect(code).toBe(2)
  })
})

describe("lists", () => {
  it("models is an array of name, density, sampling, year, cites", async () => {
    const { stdout } = await eidos(["models", "--json"])
    const shape = z.array(
      z.strictObject({
        name: z.string(),
        density: z.enum(["tractable", "bounded", "unnormalized", "implicit", "none"]),
        sampling: z.enum(["direct", "ancestral", "chain", "none"]),
        year: z.int(),
        cites: z.array(z.string()).min(1),
      }),
    )
    expect(shape.parse(JSON.parse(stdout)).map(({ name }) => name)).toContain("vae")
  })
  it("cite prints BibTeX", async () => expect((await eidos(["cite", "vae"])).stdout).toContain("@article{kingma2014,"))
  it("doctor says ok, warn or fail of everything, and ends with 1 when something must be put right", async () => {
    const { stdout, code } = await eidos(["doctor", "--json"], { env: { EIDOS_DATA: "/nowhere" } })
    const shape = z.object({
      schemaVersion: z.literal(1),
      checks: z.array(z.object({ name: z.string(), status: z.enum(["ok", "warn", "fail"]), message: z.string() })),
    })
    const found = shape.parse(JSON.parse(stdout)).checks
    expect(found.find(({ name }) => name === "EIDOS_DATA")!.status).toBe("fail")
    expect(code).toBe(1)
  })
  it("--version --json names three versions", async () => {
    const { stdout } = await eidos(["--version", "--json"])
    z.strictObject({ schemaVersion: z.literal(1), eidos: z.string(), onnxruntime: z.string(), node: z.string() }).parse(
      JSON.parse(stdout),
    )
  })
  it.each(["bash", "zsh", "fish"])("completion %s knows commands and flags", async (shell) => {
    const { stdout } = await eidos(["completion", shell])
    for (const word of ["traverse", "resume", "checkpoint"]) expect(stdout).toContain(word)
  })
  it("exit codes are those of the documentation", () => {
    const { usage, config, shape, exists, data, network, diverged, verification, resources } = exitCodes
    expect([usage, config, shape, exists]).toEqual([2, 2, 2, 2])
    expect([data, network, exitCodes["model-file"], diverged, verification, resources]).toEqual([3, 3, 3, 4, 5, 6])
  })
})

describe("colour", () => {
  const coloured = async (env: Record<string, string>, isTTY: boolean, ...flags: string[]) =>
    (await eidos(["models", ...flags], { env, isTTY })).stdout.includes("\x1b[")
  it("is on for terminals and FORCE_COLOR, off for NO_COLOR, --no-color and pipes", async () => {
    expect(await coloured({}, true)).toBe(true)
    expect(await coloured({}, false)).toBe(false)
    expect(await coloured({ NO_COLOR: "1" }, true)).toBe(false)
    expect(await coloured({ TERM: "dumb" }, true)).toBe(false)
    expect(await coloured({}, true, "--no-color")).toBe(false)
    expect(await coloured({ FORCE_COLOR: "1" }, false)).toBe(true)
  })
})
