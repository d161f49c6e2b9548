/** What holds for every model with an evidence lower bound: it is a lower bound, and more samples bring it closer. */
import { describe, expect, it } from "vitest"
import { type NdArray, ndarray } from "../../src/core/array.ts"
import { fillNormal } from "../../src/core/random.ts"
import { type Shape, sizeOf } from "../../src/core/shape.ts"
import { glyphs } from "../../src/data/glyphs.ts"
import { fillEvents } from "../../src/data/preprocess.ts"
import { elboTerms, importanceBound } from "../../src/evaluate/bound.ts"
import { type EvaluationData, eventsOf } from "../../src/evaluate/evaluator.ts"
import { meanOf } from "../../src/evaluate/statistics.ts"
import { graphOf } from "../../src/graph/graph.ts"
import { input } from "../../src/graph/ops/index.ts"
import { initialize, live, type Parameters } from "../../src/graph/parameter.ts"
import { tracing } from "../../src/graph/trace.ts"
import { configure } from "../../src/model/define.ts"
import { vae } from "../../src/models/index.ts"
import { compile } from "../../src/runtime/ort-node.ts"
import { interpret } from "../../src/runtime/reference.ts"
import { gradientGraph } from "../../src/train/program.ts"
import { byQuadrature, logConditional, logNormal, type PlainVae, posterior } from "./plain-vae.ts"
import { beginning, feedsOf, setupOf, sixPixels, type Tiny, tinies, tinyOf, trained, twoReals, worst } from "./tiny.ts"

const build = (config: object, event: Shape) => vae.build(configure(vae, config), event)
type Vae = ReturnType<typeof build>

/** Parameters that make the bound loose enough to see: every number N(0, scale²). */
const randomParameters = (model: Vae, scale: number): Map<string, NdArray> =>
  new Map(
    [...initialize(model.params, 0)].map(([path, { shape }]) => [
      path,
      ndarray(
        shape,
        fillNormal({ seed: 5, name: path }, new Float32Array(sizeOf(shape))).map((x) => scale * x),
      ),
    ]),
  )

/** Outputs of a function of the model, in 64 bits, with noise given by name. */
const evaluated = (
  model: Vae,
  parameters: Parameters,
  f: (p: any, x: any, env: any) => Record<string, any>,
  x: NdArray,
  noise: Record<string, NdArray> = {},
) => {
  const graph = graphOf(f(live(model.params), input("x", x.shape), tracing(false)))
  return interpret(graph, { ...feedsOf(graph, parameters), ...noise, x })
}

const kinds = (["bernoulli", "gaussian"] as const).flatMap((likelihood) =>
  (["relu", "tanh"] as const).map((activation) => ({ likelihood, activation })),
)

describe.each(kinds)("a VAE with a $likelihood decoder and $activation", ({ likelihood, activation }) => {
  const tiny = tinyOf(
    "vae",
    "1-D",
    { latent: 1, hidden: [3], activation, likelihood, ...(likelihood === "gaussian" && { varianceFloor: 0.02 }) },
    likelihood === "bernoulli" ? sixPixels : twoReals,
  )
  const model = tiny.model as Vae
  const dimensions = sizeOf(model.event)
  const plain: PlainVae = { latent: 1, dimensions, layers: 2, activation, likelihood, varianceFloor: 0.02 }
  const parameters = randomParameters(model, 1.2)
  const events = eventsOf({ ...tiny, split: "test" }, model.event, [0, 1, 2, 3])
  const rows = [0, 1, 2, 3].map((i) => Array.from(events.data.subarray(i * dimensions, (i + 1) * dimensions)))

  it("has the terms of the bound that the paper's formulas give, for the same noise", () => {
    const noise = ndarray([4, 1], [0.3, -1.2, 0.8, 2])
    const { reconstruction, kl } = evaluated(model, parameters, (p, x, env) => ({ ...model.elbo(p, x, env) }), events, {
      noise,
    })
    for (const [i, x] of rows.entries()) {
      const q = posterior(plain, parameters, x)
      const z = q.mean[0]! + Math.sqrt(q.variance[0]!) * noise.data[i]!
      expect(reconstruction!.data[i]).toBeCloseTo(logConditional(plain, parameters, x, [z]), 8)
      expect(kl!.data[i]).toBeCloseTo(byQuadrature(plain, parameters, x).kl, 8)
    }
  })
  it("has log-weights log p(x|z) + log p(z) − log q(z|x)", () => {
    const noise = ndarray([4, 2, 1], [0.3, -1.2, 0.8, 2, 0, 1, -1, 0.5])
    const { w } = evaluated(model, parameters, (p, x, env) => ({ w: model.logWeights(p, x, 2, env) }), events, {
      noise,
    })
    for (const [i, x] of rows.entries())
      for (const k of [0, 1]) {
        const q = posterior(plain, parameters, x)
        const z = q.mean[0]! + Math.sqrt(q.variance[0]!) * noise.data[2 * i + k]!
        const expected =
          logConditional(plain, parameters, x, [z]) + logNormal(z, 0, 1) - logNormal(z, q.mean[0]!, q.variance[0]!)
        expect(w!.data[2 * i + k]).toBeCloseTo(expected, 8)
      }
  })
  it("has E[ELBO] ≤ log p(x), short of it by KL(q ‖ p(z|x)), with log p(x) by quadrature", async () => {
    const samples = 20_000
    const graph = graphOf(model.elbo(live(model.params), input("x", [samples, ...model.event]), tracing(false)) as any)
    const program = await compile(graph)
    const wrong: number[] = []
    for (const x of rows) {
      const { logProb, elbo, klToPosterior } = byQuadrature(plain, parameters, x)
      const repeated = ndarray([samples, ...model.event], Array.from({ length: samples }, () => x).flat())
      const { reconstruction, kl } = await program.run(feedsOf(graph, parameters, { x: repeated }))
      const { value, standardError } = meanOf(reconstruction!.data.map((r, i) => r - kl!.data[i]!))
      expect(Math.abs(value - elbo)).toBeLessThan(4 * standardError + 1e-5)
      expect(value).toBeLessThan(logProb + 4 * standardError)
      expect(logProb - elbo).toBeCloseTo(klToPosterior, 6)
      expect(klToPosterior).toBeGreaterThan(0.01)
      wrong.push(Math.abs(meanOf(reconstruction!.data.map((r, i) => r + kl!.data[i]!)).value - elbo) / standardError)
    }
    expect(Math.max(...wrong)).toBeGreaterThan(10) // the wrong sign of the KL term would be noticed
    await program.dispose()
  })
  it("has an importance-weighted bound that rises with K and stays below log p(x)", async () => {
    const data: EvaluationData = { ...tiny, split: "test" }
    const { count } = tiny.dataset.splits.test
    const all = eventsOf(
      data,
      model.event,
      Uint32Array.from({ length: count }, (_, i) => i),
    ).data
    const exact = Float64Array.from(
      { length: count },
      (_, i) => byQuadrature(plain, parameters, Array.from(all.subarray(i * dimensions, (i + 1) * dimensions))).logProb,
    )
    const gaps: Float64Array[] = []
    for (const k of [1, 5, 50, 500])
      gaps.push(
        (await importanceBound({ model, parameters }, data, { k, seed: k })).map((bound, i) => exact[i]! - bound),
      )
    const means = gaps.map(meanOf)
    for (const [i, gap] of means.entries()) {
      expect(gap.value).toBeGreaterThan(-4 * gap.standardError)
      if (i > 0)
        expect(gap.value).toBeLessThan(means[i - 1]!.value + 4 * (gap.standardError + means[i - 1]!.standardError))
    }
    expect(means[3]!.value).toBeLessThan(means[0]!.value - 0.05)
    expect(means[3]!.value).toBeLessThan(0.05)
  })
})

describe.each(tinies.filter(({ model }) => model.density === "bounded"))("$name", (tiny) => {
  it("has with K = 1 the ELBO's mean: the average is of logarithms only over data", async () => {
    const model = tiny.model as Vae
    const parameters = randomParameters(model, 0.5)
    const { labels, count } = tiny.dataset.splits.test
    const again = labels && { labels: Uint8Array.from({ length: 3000 }, (_, i) => labels[i % count]!) }
    const many = { ...tiny.dataset.splits.test, count: 3000, pixels: repeatedPixels(tiny, 3000), ...again }
    const data: EvaluationData = {
      ...tiny,
      dataset: { ...tiny.dataset, splits: { ...tiny.dataset.splits, test: many } },
      split: "test",
    }
    const one = await importanceBound({ model, parameters }, data, { k: 1, seed: 9 })
    const { elbo } = await elboTerms({ model, parameters }, data)
    const { value, standardError } = meanOf(one.map((bound, i) => bound - elbo[i]!))
    expect(Math.abs(value)).toBeLessThan(4 * standardError + 1e-5)
  })
  it("never counts β in what it reports", () => {
    const loss = graphOf({ ...(playOf(tiny.model as Vae) as any) })
    expect(loss.outputs.has("negativeElbo") || loss.outputs.has("negativeBound")).toBe(true)
  })
})

const playOf = (model: Vae) => {
  const { loss, metrics } = model.players.evidence.play(
    live(model.params) as any,
    input("x", [2, ...model.event]),
    tracing(true, "noise", model.classes === undefined ? undefined : input("label", [2, model.classes])),
  )
  return { loss, ...metrics }
}
function repeatedPixels({ dataset }: Tiny, count: number): Uint8Array {
  const { pixels } = dataset.splits.test
  return Uint8Array.from(
    { length: (count * pixels.length) / dataset.splits.test.count },
    (_, i) => pixels[i % pixels.length]!,
  )
}

describe("the weight β of the KL term", () => {
  it("changes the loss and not the reported bound: loss = −ELBO + (β − 1)·KL", async () => {
    const x = eventsOf(
      { dataset: sixPixels, preprocessing: { binarize: "threshold", dequantize: false }, split: "test" },
      [1, 2, 3],
      [0, 1],
    )
    const model = build({ latent: 2, hidden: [3], beta: 4 }, [1, 2, 3])
    const graph = graphOf(playOf(model))
    const { loss, kl, negativeElbo, reconstruction } = interpret(
      graph,
      feedsOf(graph, randomParameters(model, 0.5), { x }),
    )
    expect(negativeElbo!.data[0]).toBeCloseTo(reconstruction!.data[0]! + kl!.data[0]!, 10)
    expect(loss!.data[0]).toBeCloseTo(negativeElbo!.data[0]! + 3 * kl!.data[0]!, 10)
    expect(kl!.data[0]).toBeGreaterThan(0.1)
  })
})

describe("a linear Gaussian VAE, whose log p(x) = log N(x; b, WᵀW + Σ) is known", () => {
  const model = build({ latent: 2, hidden: [], likelihood: "gaussian", varianceFloor: 0.01 }, [1, 1, 2])
  const noiseVariance = 0.05
  const raw = Math.log(noiseVariance - 0.01) // σ² = floor + eʳ
  const data: EvaluationData = {
    dataset: twoReals,
    preprocessing: { binarize: "none", dequantize: true },
    split: "train",
  }

  /** Decoder x = z·W + b with equal noise; encoder with posterior mean (x − b)·A + c, and log-variances. */
  const parametersOf = (w: number[], a: number[], c: number[], logVar: number[]): Map<string, NdArray> =>
    new Map([
      ["encoder.0.w", ndarray([2, 4], [a[0]!, a[1]!, 0, 0, a[2]!, a[3]!, 0, 0])],
      ["encoder.0.b", ndarray([4], [c[0]!, c[1]!, ...logVar])],
      ["decoder.0.w", ndarray([2, 4], [w[0]!, w[1]!, 0, 0, w[2]!, w[3]!, 0, 0])],
      ["decoder.0.b", ndarray([4], [0.5, 0.45, raw, raw])],
    ])
  function exactLogProbs(w: number[]): Float64Array {
    const [a, b, d] = [
      w[0]! ** 2 + w[2]! ** 2 + noiseVariance,
      w[0]! * w[1]! + w[2]! * w[3]!,
      w[1]! ** 2 + w[3]! ** 2 + noiseVariance,
    ]
    const det = a * d - b * b
    const { data: x } = eventsOf(
      data,
      [1, 1, 2],
      Uint32Array.from({ length: 40 }, (_, i) => i),
    )
    return Float64Array.from({ length: 40 }, (_, i) => {
      const [u, v] = [x[2 * i]! - 0.5, x[2 * i + 1]! - 0.45]
      return -Math.log(2 * Math.PI) - 0.5 * Math.log(det) - (d * u * u - 2 * b * u * v + a * v * v) / (2 * det)
    })
  }

  it("is bounded with equality at large K, within 3 standard errors", async () => {
    const w = [0.4, 0.3, -0.1, 0.35]
    const parameters = parametersOf(w, [0.6, 0.2, 0.5, 0.8], [-0.5, -0.4], [-0.5, -0.7]) // near the posterior, not it
    const exact = exactLogProbs(w)
    const gap = async (k: number) =>
      meanOf((await importanceBound({ model, parameters }, data, { k, seed: 4 })).map((bound, i) => bound - exact[i]!))
    const [one, many] = [await gap(1), await gap(4000)]
    expect(one.value).toBeLessThan(-0.1) // one sample is far off: the agreement below is not for lack of a gap
    expect(Math.abs(many.value)).toBeLessThan(3 * many.standardError)
    expect(many.standardError).toBeLessThan(0.01)
  })
  it("has K samples when K are asked, also where they come in parts", async () => {
    const w = [0.4, 0.3, -0.1, 0.35]
    const parameters = parametersOf(w, [0, 0, 0, 0], [0, 0], [0.5, 0.5])
    const exact = exactLogProbs(w)
    for (const k of [999, 1001, 2500]) {
      const gap = meanOf(
        (await importanceBound({ model, parameters }, data, { k })).map((bound, i) => bound - exact[i]!),
      )
      expect(Math.abs(gap.value)).toBeLessThan(4 * gap.standardError + 3 / k)
    }
  })
  it("draws new samples for each part, not the first part's again", async () => {
    const parameters = parametersOf([0.4, 0.3, -0.1, 0.35], [0, 0, 0, 0], [0, 0], [0.5, 0.5])
    const [one, two] = [
      await importanceBound({ model, parameters }, data, { k: 1000 }), // one part
      await importanceBound({ model, parameters }, data, { k: 2000 }), // two parts of 1000
    ]
    expect(one.filter((bound, i) => Math.abs(bound - two[i]!) < 1e-5)).toHaveLength(0)
  })
  it("has log p(x) = log p(x|z) + log p(z) − log q(z|x) for every z when q is the posterior", async () => {
    const w = [0.4, 0.3, -0.3, 0.4] // orthogonal rows of length ½: the posterior is diagonal
    const precision = 1 + 0.25 / noiseVariance
    const a = [w[0]!, w[2]!, w[1]!, w[3]!].map((value) => value / noiseVariance / precision)
    const c = [0, 1].map((j) => -(0.5 * a[j]! + 0.45 * a[2 + j]!))
    const logVar = [-Math.log(precision), -Math.log(precision)]
    const parameters = parametersOf(w, a, c, logVar)
    const exact = exactLogProbs(w)
    expect(worst(await importanceBound({ model, parameters }, data, { k: 1 }), exact)).toBeLessThan(1e-5)
    expect(worst((await elboTerms({ model, parameters }, data)).elbo, exact)).toBeGreaterThan(1e-3) // KL in closed form keeps noise
    expect(
      worst(await importanceBound({ model, parameters: parametersOf(w, a, c, [0, 0]) }, data, { k: 1 }), exact),
    ).toBeGreaterThan(0.01)
  })
})

describe("sums over the event, averages over the batch", () => {
  const pixels = ndarray(
    [3, 1, 2, 3],
    Array.from({ length: 18 }, (_, i) => ((i * 7) % 3 > 0 ? 1 : 0)),
  )
  const noise = ndarray([3, 2], [0.1, -0.4, 1.2, 0.3, -0.9, 0.5])
  const columnsTwice = ({ shape, data }: NdArray): NdArray =>
    ndarray(
      [shape[0]!, 2 * shape[1]!],
      Array.from({ length: shape[0]! }, (_, i) => {
        const row = Array.from(data.subarray(i * shape[1]!, (i + 1) * shape[1]!))
        return [...row, ...row]
      }).flat(),
    )
  it("double the reconstruction term, not the KL term, when the image is tiled", () => {
    const [single, double] = [build({ latent: 2, hidden: [] }, [1, 2, 3]), build({ latent: 2, hidden: [] }, [1, 4, 3])]
    const parameters = randomParameters(single, 0.6)
    const w = parameters.get("encoder.0.w")!
    const tiledParameters = new Map([
      [
        "encoder.0.w",
        ndarray(
          [12, 4],
          [...w.data, ...w.data].map((value) => value / 2),
        ),
      ], // the same code
      ["encoder.0.b", parameters.get("encoder.0.b")!],
      ["decoder.0.w", columnsTwice(parameters.get("decoder.0.w")!)],
      ["decoder.0.b", ndarray([12], [...parameters.get("decoder.0.b")!.data, ...parameters.get("decoder.0.b")!.data])],
    ])
    const tiled = ndarray([3, 1, 4, 3], columnsTwice(ndarray([3, 6], pixels.data)).data)
    const once = evaluated(single, parameters, (p, x, env) => ({ ...single.elbo(p, x, env) }), pixels, { noise })
    const twice = evaluated(double, tiledParameters, (p, x, env) => ({ ...double.elbo(p, x, env) }), tiled, { noise })
    expect(
      worst(
        twice["reconstruction"]!.data,
        once["reconstruction"]!.data.map((nats) => 2 * nats),
      ),
    ).toBeLessThan(1e-12)
    expect(worst(twice["kl"]!.data, once["kl"]!.data)).toBeLessThan(1e-12)
  })
  it("make the first loss on 784 pixels about 784·ln 2 = 543 nats plus KL", async () => {
    const model = build({ latent: 20, hidden: [64] }, [1, 28, 28])
    const { splits } = glyphs({ train: 32, validation: 0, test: 0 })
    const x = ndarray([32, 1, 28, 28])
    const indices = Uint32Array.from({ length: 32 }, (_, i) => i)
    fillEvents(
      splits.train,
      "train",
      indices,
      { binarize: "dynamic", dequantize: false },
      256,
      { seed: 0, epoch: 0 },
      x.data,
      784,
    )
    const graph = gradientGraph(model, "evidence", 32)
    const program = await compile(graph)
    const parameters = initialize(model.params, 1)
    const { loss, kl } = await program.run(feedsOf(graph, parameters, { x }))
    const blank = new Map([...parameters].map(([path, { shape }]) => [path, ndarray(shape)]))
    const zero = await program.run(feedsOf(graph, blank, { x }))
    await program.dispose()
    expect(Math.abs(loss!.data[0]! - kl!.data[0]! - 784 * Math.LN2)).toBeLessThan(0.1 * 784 * Math.LN2)
    expect(zero["loss"]!.data[0]).toBeCloseTo(784 * Math.LN2, 1) // 784 equal terms summed in 32 bits: 0.008 off
    expect(zero["kl"]!.data[0]).toBe(0)
  })
})

describe("a Gaussian decoder", () => {
  const floor = 0.01
  const tiny = tinyOf(
    "vae",
    "gaussian",
    { latent: 1, hidden: [4], likelihood: "gaussian", varianceFloor: floor },
    twoReals,
  )
  const model = tiny.model as Vae
  it("is a density: it integrates to 1 over the plane, whatever z", async () => {
    const parameters = randomParameters(model, 0.7)
    for (const path of ["encoder.0.w", "encoder.1.w"]) parameters.set(path, ndarray(parameters.get(path)!.shape)) // z apart from x
    const side = 400
    const [low, step] = [-9, 18 / side]
    const x = ndarray(
      [side * side, 1, 1, 2],
      Array.from({ length: side * side }, (_, i) => [
        low + step * (i % side),
        low + step * Math.floor(i / side),
      ]).flat(),
    )
    const graph = graphOf({
      r: model.elbo(live(model.params) as any, input("x", x.shape), tracing(false)).reconstruction,
    })
    const program = await compile(graph)
    for (const z of [-1, 0.4]) {
      const noise = ndarray([side * side, 1], new Float32Array(side * side).fill(z))
      const { r } = await program.run({ ...feedsOf(graph, parameters, { x }), noise })
      expect(r!.data.reduce((total, nats) => total + Math.exp(nats) * step ** 2, 0)).toBeCloseTo(1, 3)
      expect(
        r!.data.reduce((total, nats) => total + Math.exp(nats + Math.log(2 * Math.PI)) * step ** 2, 0),
      ).not.toBeCloseTo(1, 1)
    }
    await program.dispose()
  })
  it("stays below the density its variance floor allows, on data that repeat one point", async () => {
    const same = { ...twoReals.splits.train, pixels: new Uint8Array(80).fill(128) }
    const dataset = { ...twoReals, splits: { ...twoReals.splits, train: same } }
    const repeated: Tiny = { ...tiny, dataset, preprocessing: { binarize: "none", dequantize: false } }
    const steps = 3000
    const setup = setupOf(repeated, await beginning(repeated), {
      steps,
      schedule: { name: "constant", start: 1e-2, end: 1e-2, steps },
    })
    const { parameters } = await trained(setup)
    const { elbo, reconstruction } = await elboTerms({ model, parameters }, { ...repeated, split: "train" })
    const highest = -Math.log(2 * Math.PI * floor) // two pixels at the floor, hit exactly
    expect(Math.max(...reconstruction)).toBeLessThan(highest)
    expect(meanOf(elbo).value).toBeGreaterThan(highest - 1) // and it comes near: the floor is what holds it
  })
})
