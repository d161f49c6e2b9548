/**
 * Exported files in the hands of strangers: plain ONNX Runtime in Node always; Python's onnx.checker, onnxruntime and
 * safetensors where EIDOS_PYTHON names an interpreter that has them.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import ort from "onnxruntime-node"
import { beforeAll, describe, expect, it } from "vitest"
import type { NdArray } from "../src/core/array.ts"
import { fillNormal, fillUniform } from "../src/core/random.ts"
import { sizeOf } from "../src/core/shape.ts"
import { glyphs } from "../src/data/glyphs.ts"
import { compileFor } from "../src/evaluate/evaluator.ts"
import { fitData } from "../src/evaluate/fit-data.ts"
import { input } from "../src/graph/ops/source.ts"
import { initialize, type Parameters } from "../src/graph/parameter.ts"
import type { Tensor } from "../src/graph/tensor.ts"
import type { Env } from "../src/graph/trace.ts"
import type { Model } from "../src/model/capabilities.ts"
import { autoencoder, pca, vae } from "../src/models/index.ts"
import { type ExportedFile, exportModel } from "../src/run/export.ts"

const python = process.env["EIDOS_PYTHON"]
const event = [1, 28, 28]
const cases: { name: string; model: Model; roles: Record<string, [port: string, outputs: string[]]> }[] = [
  {
    name: "vae bernoulli",
    model: vae.build(vae.config.parse({ latent: 5, hidden: [32] }), event),
    roles: { encoder: ["x", ["mean", "logVar"]], decoder: ["z", ["mean", "logits"]], sampler: ["noise", ["x"]] },
  },
  {
    name: "vae gaussian",
    model: vae.build(
      vae.config.parse({ latent: 5, hidden: [32, 16], activation: "tanh", likelihood: "gaussian" }),
      event,
    ),
    roles: { encoder: ["x", ["mean", "logVar"]], decoder: ["z", ["mean"]], sampler: ["noise", ["x"]] },
  },
  {
    name: "autoencoder",
    model: autoencoder.build(autoencoder.config.parse({ latent: 2, hidden: [32] }), event),
    roles: { encoder: ["x", ["z"]], decoder: ["z", ["mean"]] },
  },
  {
    name: "pca",
    model: pca.build(pca.config.parse({ latent: 3 }), event),
    roles: { encoder: ["x", ["z"]], decoder: ["z", ["mean"]] },
  },
]

async function parametersOf(model: Model): Promise<Parameters> {
  if (!model.fit) return initialize(model.params, 3)
  const dataset = glyphs({ train: 200, validation: 10, test: 10 })
  return model.fit(fitData({ dataset, preprocessing: { binarize: "none", dequantize: false } }, event, 3))
}

/** What goes into the first input of an exported program: [batch, …]. */
function feedOf(model: Model, port: string, batch: number): NdArray {
  const shape = port === "x" ? [batch, ...model.event] : [batch, model.latent!]
  const data = new Float32Array(sizeOf(shape))
  return {
    shape,
    data: port === "x" ? fillUniform({ seed: 1, name: port }, data) : fillNormal({ seed: 1, name: port }, data),
  }
}

/** The same program by eidos itself, with the weights fed. */
async function expected(
  model: Model,
  parameters: Parameters,
  role: string,
  feed: NdArray,
): Promise<Record<string, NdArray>> {
  const x = input("feed", feed.shape)
  const traced = (p: unknown, env: Env): Readonly<Record<string, Tensor>> => {
    if (role === "encoder") return model.ports!.encoder!(p, x, env)
    if (role === "decoder") return model.ports!.decoder!(p, x, env)
    return { x: model.sampling === "direct" ? model.sample(p, feed.shape[0]!, env) : x }
  }
  // A parameter may be called as an output is, so outputs get names of their own on the way.
  const program = await compileFor(model, (p, env) =>
    Object.fromEntries(Object.entries(traced(p, env)).map(([name, tensor]) => [`out/${name}`, tensor])),
  )
  const noise = [...program.graph.draws.keys()][0]
  const outputs = await program.run(parameters, { feed, ...(noise !== undefined && { [noise]: feed }) })
  await program.dispose()
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name.slice("out/".length), value]))
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

describe.each(cases)("$name exported", ({ model, roles }) => {
  let parameters: Parameters
  let files: ExportedFile[]
  const folder = mkdtempSync(join(tmpdir(), "eidos-export-"))
  beforeAll(async () => {
    parameters = await parametersOf(model)
    files = exportModel({ model, parameters }, { eidos: "test" })
    for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes)
  })

  it("has the roles its capabilities give it", () => {
    expect(files.map(({ role }) => role)).toEqual([...Object.keys(roles), "weights"])
  })

  it.each([1, 3, 17])("runs in plain ONNX Runtime at batch %i with the numbers of eidos", async (batch) => {
    for (const [role, [port, outputs]] of Object.entries(roles)) {
      const session = await ort.InferenceSession.create(files.find((file) => file.role === role)!.bytes)
      expect(session.inputNames).toEqual([port])
      expect(session.outputNames).toEqual(outputs)
      const feed = feedOf(model, port, batch)
      const found = await session.run({ [port]: new ort.Tensor("float32", feed.data, feed.shape) })
      const ours = await expected(model, parameters, role, feed)
      for (const name of outputs) {
        expect(found[name]!.dims).toEqual(ours[name]!.shape)
        expect(worst(found[name]!.data as Float32Array, ours[name]!.data)).toBeLessThan(1e-5)
      }
      await session.release()
    }
  })

  it.skipIf(!python)(
    `agrees with Python's onnx.checker, onnxruntime and safetensors${python ? "" : " (skipped: EIDOS_PYTHON is not set)"}`,
    async () => {
      const plan: object[] = []
      for (const [role, [port, outputs]] of Object.entries(roles)) {
        const feed = feedOf(model, port, 4)
        const ours = await expected(model, parameters, role, feed)
        const wanted = Object.fromEntries(outputs.map((name) => [name, Array.from(ours[name]!.data)]))
        plan.push({ file: join(folder, `${role}.onnx`), port, shape: feed.shape, data: Array.from(feed.data), wanted })
      }
      const weights = Object.fromEntries(
        [...parameters].map(([name, { shape, data }]) => [name, { shape, sum: data.reduce((a, b) => a + b, 0) }]),
      )
      writeFileSync(
        join(folder, "plan.json"),
        JSON.stringify({ plan, weights, file: join(folder, "weights.safetensors") }),
      )
      const script = new URL("./interop.py", import.meta.url).pathname
      const { status, stdout, stderr } = spawnSync(python!, [script, join(folder, "plan.json")], { encoding: "utf8" })
      expect(stderr).toBe("")
      expect(status).toBe(0)
      expect(stdout.trim()).toBe("agreed")
    },
  )
})
