/** Measuring changes nothing, repeats to the bit, and no split leaks into another. */
import { describe, expect, it } from "vitest"
import type { Dataset, Split, SplitName } from "../../src/data/dataset.ts"
import { elboTerms, importanceBound } from "../../src/evaluate/bound.ts"
import { predictions } from "../../src/evaluate/confidence.ts"
import { type EvaluationData, eventsOf, openEvaluator } from "../../src/evaluate/evaluator.ts"
import { logLikelihood } from "../../src/evaluate/likelihood.ts"
import { codesOf, squaredErrors } from "../../src/evaluate/reconstruction.ts"
import { samplesOf } from "../../src/explore/samples.ts"
import type { Tensor } from "../../src/graph/tensor.ts"
import type { Env } from "../../src/graph/trace.ts"
import type { Model, Trained } from "../../src/model/capabilities.ts"
import { beginning, bytesOf, firstParameters, setupOf, type Tiny, tinies, trainable, trained } from "./tiny.ts"

/** The same data, of which only one split may be touched. */
function onlySplit(dataset: Dataset, allowed: SplitName): Dataset {
  const guarded = (name: SplitName): Split =>
    name === allowed
      ? dataset.splits[name]
      : new Proxy(dataset.splits[name], {
          get: (_, field) => {
            throw new Error(`${String(field)} of the ${name} split was read`)
          },
        })
  const splits = { train: guarded("train"), validation: guarded("validation"), test: guarded("test") }
  return { ...dataset, splits }
}

/** Every number that evaluation can give of a model on a split. */
async function measured(tiny: Tiny, dataset: Dataset, split: SplitName): Promise<Record<string, ArrayLike<number>>> {
  const { model, preprocessing } = tiny
  const run: any = { model, parameters: await firstParameters(tiny) }
  const data = { dataset, preprocessing, split }
  return {
    ...(model.encode && { errors: await squaredErrors(run, data), codes: await codesOf(run, data) }),
    ...(model.critic && { critic: await eachOf(run, data, model.critic) }),
    ...(model.density === "unnormalized" && { freeEnergy: await eachOf(run, data, model.freeEnergy) }),
    ...(model.density === "bounded" && {
      ...(await elboTerms(run, data)),
      bound: await importanceBound(run, data, { k: 7 }),
    }),
    ...(model.density === "tractable" && { logProb: await logLikelihood(run, data) }),
    ...(model.classify && { confidences: (await predictions(run, data)).confidences }),
    ...(model.sampling === "direct" && { samples: (await samplesOf(run, 3, { seed: 1 })).data }),
  }
}

/** A number of each datum. */
async function eachOf(
  { model, parameters }: Trained<Model>,
  data: EvaluationData,
  f: (p: any, x: Tensor, env: Env) => Tensor,
): Promise<Float32Array> {
  const evaluator = await openEvaluator(model, (p, x, env) => ({ each: f(p, x, env) }))
  const { each } = await evaluator.over(parameters, data)
  await evaluator.dispose()
  return each!
}
const asksOfData = ({ model }: Tiny): boolean => Boolean(model.encode || model.critic) || model.density !== "implicit"

describe.each(tinies)("evaluating $name", (tiny) => {
  it("twice gives the same numbers, bit for bit", async () =>
    expect(await measured(tiny, tiny.dataset, "test")).toEqual(await measured(tiny, tiny.dataset, "test")))
  it.runIf(asksOfData(tiny))("on one split reads no other", async () => {
    for (const split of ["validation", "test"] as const) {
      const found = await measured(tiny, onlySplit(tiny.dataset, split), split)
      const { errors, logProb, critic, freeEnergy, confidences } = found
      expect((errors ?? logProb ?? critic ?? freeEnergy ?? confidences)!.length).toBe(tiny.dataset.splits[split].count)
    }
    await expect(measured(tiny, onlySplit(tiny.dataset, "train"), "test")).rejects.toThrow("test split was read")
  })
})

describe.each(trainable)("training $name", (tiny) => {
  it("reads nothing but the training split", async () => {
    const setup = setupOf({ ...tiny, dataset: onlySplit(tiny.dataset, "train") }, await beginning(tiny), { steps: 15 })
    expect((await trained(setup)).step).toBe(15)
  })
  it("takes the same steps whether or not somebody evaluates in between", async () => {
    const run = async (between: () => Promise<unknown>) => {
      const half = await trained(setupOf(tiny, await beginning(tiny), { steps: 10 }))
      await between()
      return bytesOf((await trained(setupOf(tiny, half, { steps: 20 }))).parameters)
    }
    expect(await run(() => measured(tiny, tiny.dataset, "test"))).toEqual(await run(async () => {}))
  })
})

describe("dynamic binarization", () => {
  const dynamic = { binarize: "dynamic", dequantize: false } as const
  const tiny = trainable.find(({ name }) => name === "vae relu")!
  const rows = (tinyOnce: Tiny, split: SplitName) =>
    eventsOf(
      { ...tinyOnce, preprocessing: dynamic, split },
      tiny.model.event,
      Uint32Array.from({ length: 16 }, (_, i) => i),
    ).data
  it("is fixed by seed on validation and test: asked twice, the same pixels", () => {
    for (const split of ["validation", "test"] as const) expect(rows(tiny, split)).toEqual(rows(tiny, split))
    expect(new Set(rows(tiny, "test"))).toEqual(new Set([0, 1]))
  })
  it("does not depend on which other images are in the batch", () => {
    const one = eventsOf({ ...tiny, preprocessing: dynamic, split: "test" }, tiny.model.event, [5]).data
    expect(one).toEqual(rows(tiny, "test").slice(30, 36))
  })
})
