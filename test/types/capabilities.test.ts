/** What a model cannot do does not compile, and the compiler's last line says why in words. */
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { describe, expect, expectTypeOf, it } from "vitest"
import { annealedPartition } from "../../src/evaluate/ais.ts"
import { elboTerms, importanceBound } from "../../src/evaluate/bound.ts"
import type { EvaluationData } from "../../src/evaluate/evaluator.ts"
import { logLikelihood } from "../../src/evaluate/likelihood.ts"
import { exactPartition } from "../../src/evaluate/partition.ts"
import { codesOf, squaredErrors } from "../../src/evaluate/reconstruction.ts"
import { freeEnergies } from "../../src/evaluate/unnormalized.ts"
import { openChains, samplesOf } from "../../src/explore/samples.ts"
import type { Parameters } from "../../src/graph/parameter.ts"
import type { Bounded, Direct, NoDensity, NoSampling, Tractable } from "../../src/model/capabilities.ts"
import type { autoencoder, gsn, pca, rbm, vae } from "../../src/models/index.ts"

interface Runs {
  readonly vae: { model: ReturnType<typeof vae.build>; parameters: Parameters }
  readonly pca: { model: ReturnType<typeof pca.build>; parameters: Parameters }
  readonly autoencoder: { model: ReturnType<typeof autoencoder.build>; parameters: Parameters }
  readonly rbm: { model: ReturnType<typeof rbm.build>; parameters: Parameters }
  readonly gsn: { model: ReturnType<typeof gsn.build>; parameters: Parameters }
}

// Never called: tsc checks that each marked line is an error and each other line is none.
function mayBeAsked(runs: Runs, data: EvaluationData) {
  elboTerms(runs.vae, data)
  importanceBound(runs.vae, data, { k: 5 })
  samplesOf(runs.vae, 3, { seed: 1 })
  logLikelihood(runs.pca, data)
  samplesOf(runs.pca, 3, { seed: 1 })
  exactPartition(runs.rbm)
  annealedPartition(runs.rbm, data)
  freeEnergies(runs.rbm, data)
  samplesOf(runs.rbm, 3, { seed: 1 })
  samplesOf(runs.gsn, 3, { seed: 1 })
  openChains(runs.gsn, 3, { seed: 1 })
  for (const run of [runs.vae, runs.pca, runs.autoencoder] as const) run.model.encode
  squaredErrors(runs.autoencoder, data)
  codesOf(runs.autoencoder, data)
}
function mayNotBeAsked(runs: Runs, data: EvaluationData) {
  // @ts-expect-error an RBM knows p(x) only up to log Z
  logLikelihood(runs.rbm, data)
  // @ts-expect-error a GSN has no density
  logLikelihood(runs.gsn, data)
  // @ts-expect-error a GSN has no free energy
  freeEnergies(runs.gsn, data)
  // @ts-expect-error PCA's density is normalised
  exactPartition(runs.pca)
  // @ts-expect-error a VAE has no annealed path
  annealedPartition(runs.vae, data)
  // @ts-expect-error PCA draws its samples at once
  openChains(runs.pca, 3, { seed: 1 })
  // @ts-expect-error an autoencoder has no bound
  importanceBound(runs.autoencoder, data, { k: 5 })
  // @ts-expect-error PCA's density is exact, and it has no q(z|x)
  importanceBound(runs.pca, data, { k: 5 })
  // @ts-expect-error an autoencoder has no bound
  elboTerms(runs.autoencoder, data)
  // @ts-expect-error PCA has no q(z|x)
  elboTerms(runs.pca, data)
  // @ts-expect-error a VAE bounds log p(x)
  logLikelihood(runs.vae, data)
  // @ts-expect-error an autoencoder has no density
  logLikelihood(runs.autoencoder, data)
  // @ts-expect-error an autoencoder has no sampler
  samplesOf(runs.autoencoder, 3, { seed: 1 })
  // @ts-expect-error the number of importance samples must be said
  importanceBound(runs.vae, data, {})
  // @ts-expect-error the function is not there
  runs.autoencoder.model.logProb
  // @ts-expect-error the function is not there
  runs.vae.model.logProb
}

describe("types", () => {
  it("are checked by the compiler where this file is compiled, without a call", () =>
    expect([mayBeAsked, mayNotBeAsked]).toHaveLength(2))
  it("say of each model what it can do", () => {
    expectTypeOf<Runs["vae"]["model"]>().toExtend<Bounded<any> & Direct<any>>()
    expectTypeOf<Runs["pca"]["model"]>().toExtend<Tractable<any> & Direct<any>>()
    expectTypeOf<Runs["autoencoder"]["model"]>().toExtend<NoDensity & NoSampling>()
    expectTypeOf<Runs["vae"]["model"]>().not.toExtend<Tractable<any>>()
    expectTypeOf<Runs["autoencoder"]["model"]["density"]>().toEqualTypeOf<"none">()
  })
})

const folder = fileURLToPath(new URL(".", import.meta.url))
const header = `
import { annealedPartition } from "../../src/evaluate/ais.ts"
import { exactPartition } from "../../src/evaluate/partition.ts"
import { importanceBound } from "../../src/evaluate/bound.ts"
import { logLikelihood } from "../../src/evaluate/likelihood.ts"
import { openChains, samplesOf } from "../../src/explore/samples.ts"
import { autoencoder, classifier, gan, pca, rbm, vae } from "../../src/models/index.ts"
import { type Estimate, formatEstimate } from "../../src/core/estimate.ts"
import { predictions } from "../../src/evaluate/confidence.ts"
import { logDensities } from "../../src/evaluate/density.ts"
import { decodeCodes } from "../../src/explore/latent.ts"
import { agreement, composeConditional } from "../../src/tasks/bayes.ts"
declare const [data, parameters]: [any, any]
const of = <M>(model: M) => ({ model, parameters })
const [v, p, a] = [vae.build({} as any, [2]), pca.build({} as any, [2]), autoencoder.build({} as any, [2])]
const [g, c, r] = [gan.build({} as any, [2]), classifier.build({} as any, [2]), rbm.build({} as any, [2])]
const composition = { count: 9, seed: 1, pixels: "expected", label: 0, n: 1 } as const
`

/** The compiler's messages about these lines, each message as its lines. */
function complaints(snippet: readonly string[]): string[][] {
  const name = `${folder}snippet.ts`
  const text = `${header}${snippet.join("\n")}\n`
  const config = ts.readConfigFile(`${folder}../../tsconfig.json`, ts.sys.readFile).config
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, `${folder}../..`)
  const host = ts.createCompilerHost(options)
  const [read, exists] = [host.getSourceFile, host.fileExists]
  host.getSourceFile = (path, version) =>
    path === name ? ts.createSourceFile(name, text, version) : read(path, version)
  host.fileExists = (path) => path === name || exists(path)
  const program = ts.createProgram([name], options, host)
  const diagnostics = ts.getPreEmitDiagnostics(program, program.getSourceFile(name)!)
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n").split("\n"))
}

const wrong: readonly (readonly [line: string, sentence: string])[] = [
  ["exactPartition(of(p))", "no partition function: the model's density is normalised already, or it has none."],
  ["annealedPartition(of(v), data)", "no annealed path: the model knows no distribution to start it from."],
  ["logLikelihood(of(v), data)", "no exact log p(x): the model is not tractable."],
  ["logLikelihood(of(a), data)", "no exact log p(x): the model is not tractable."],
  ["importanceBound(of(p), data, { k: 1 })", "no evidence lower bound: the model has no encoder q(z|x)."],
  ["importanceBound(of(a), data, { k: 1 })", "no evidence lower bound: the model has no encoder q(z|x)."],
  [
    "samplesOf(of(a), 1, { seed: 1 })",
    "no sampler: the model cannot draw samples. Fit a Gaussian to its codes with fitCodeGaussian().",
  ],
  ["logLikelihood(of(g), data)", "no exact log p(x): the model is not tractable."],
  ["importanceBound(of(g), data, { k: 1 })", "no evidence lower bound: the model has no encoder q(z|x)."],
  ["exactPartition(of(g))", "no partition function: the model's density is normalised already, or it has none."],
  ["logDensities(of(g), data)", "no log p(x), no bound on it and no free energy: nothing says how likely a datum is."],
  ["logLikelihood(of(r), data)", "no exact log p(x): the model is not tractable."],
  ["samplesOf(of(c), 1, { seed: 1 })", "no sampler: the model cannot draw samples."],
  ["openChains(of(v), 1, { seed: 1 })", "no Markov chain: the model draws its samples at once."],
  ["predictions(of(v), data)", "no p(y|x): the model is not a classifier."],
  ["agreement(of(g), data, 3)", "no p(y|x): the model is not a classifier."],
  ["composeConditional(of(v), of(p), composition)", "no p(y|x): the model is not a classifier."],
  ["composeConditional(of(a), of(c), composition)", "no sampler: the model cannot draw samples."],
  ["decodeCodes(of(r), data)", "no decoder: the model has no latent code to decode."],
  ["v.forward", "Property 'forward' does not exist"],
  ["formatEstimate(90.2)", "Argument of type 'number' is not assignable to parameter of type 'Estimate'."],
  [
    'export const bare: Estimate = { quantity: "log Z", kind: "estimate", value: 1, unit: "nats" }',
    "Property 'standardError' is missing",
  ],
]
const right = [
  "logLikelihood(of(p), data)",
  "importanceBound(of(v), data, { k: 1 })",
  "samplesOf(of(p), 1, { seed: 1 })",
  "samplesOf(of(g), 1, { seed: 1 })",
  "openChains(of(r), 1, { seed: 1 })",
  "predictions(of(c), data)",
  "logDensities(of(r), data)",
  "composeConditional(of(g), of(c), composition)",
  "composeConditional(of(r), of(c), composition)",
  "decodeCodes(of(g), data)",
  'formatEstimate({ quantity: "log Z", kind: "estimate", value: 1, unit: "nats", standardError: 0.1 })',
]

describe("the compiler", () => {
  it("ends each complaint with a sentence for people, and complains about nothing else", () => {
    const messages = complaints([...wrong.map(([line]) => line), ...right])
    expect(messages.length).toBe(wrong.length)
    for (const [i, [, sentence]] of wrong.entries()) expect(messages[i]!.at(-1)).toContain(sentence)
  })
})
