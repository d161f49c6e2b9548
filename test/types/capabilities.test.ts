/** What a model cannot do does not compile, and the compiler's last line says why in words. */
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { describe, expect, expectTypeOf, it } from "vitest"
import { elboTerms, importanceBound } from "../../src/evaluate/bound.ts"
import type { EvaluationData } from "../../src/evaluate/evaluator.ts"
import { logLikelihood } from "../../src/evaluate/likelihood.ts"
import { codesOf, squaredErrors } from "../../src/evaluate/reconstruction.ts"
import { samplesOf } from "../../src/explore/samples.ts"
import type { Parameters } from "../../src/graph/parameter.ts"
import type { Bounded, Direct, NoDensity, NoSampling, Tractable } from "../../src/model/capabilities.ts"
import type { autoencoder, pca, vae } from "../../src/models/index.ts"

interface Runs {
  readonly vae: { model: ReturnType<typeof vae.build>; parameters: Parameters }
  readonly pca: { model: ReturnType<typeof pca.build>; parameters: Parameters }
  readonly autoencoder: { model: ReturnType<typeof autoencoder.build>; parameters: Parameters }
}

// Never called: tsc checks that each marked line is an error and each other line is none.
function mayBeAsked(runs: Runs, data: EvaluationData) {
  elboTerms(runs.vae, data)
  importanceBound(runs.vae, data, { k: 5 })
  samplesOf(runs.vae, 3, { seed: 1 })
  logLikelihood(runs.pca, data)
  samplesOf(runs.pca, 3, { seed: 1 })
  for (const run of [runs.vae, runs.pca, runs.autoencoder] as const) run.model.encode
  squaredErrors(runs.autoencoder, data)
  codesOf(runs.autoencoder, data)
}
function mayNotBeAsked(runs: Runs, data: EvaluationData) {
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
import { importanceBound } from "../../src/evaluate/bound.ts"
import { logLikelihood } from "../../src/evaluate/likelihood.ts"
import { samplesOf } from "../../src/explore/samples.ts"
import { autoencoder, pca, vae } from "../../src/models/index.ts"
declare const [data, parameters]: [any, any]
const of = <M>(model: M) => ({ model, parameters })
const [v, p, a] = [vae.build({} as any, [2]), pca.build({} as any, [2]), autoencoder.build({} as any, [2])]
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
  ["logLikelihood(of(v), data)", "no exact log p(x): the model is not tractable."],
  ["logLikelihood(of(a), data)", "no exact log p(x): the model is not tractable."],
  ["importanceBound(of(p), data, { k: 1 })", "no evidence lower bound: the model has no encoder q(z|x)."],
  ["importanceBound(of(a), data, { k: 1 })", "no evidence lower bound: the model has no encoder q(z|x)."],
  [
    "samplesOf(of(a), 1, { seed: 1 })",
    "no sampler: the model cannot draw samples. Fit a Gaussian to its codes with fitCodeGaussian().",
  ],
]
const right = [
  "logLikelihood(of(p), data)",
  "importanceBound(of(v), data, { k: 1 })",
  "samplesOf(of(p), 1, { seed: 1 })",
]

describe("the compiler", () => {
  it("ends each complaint with a sentence for people, and complains about nothing else", () => {
    const messages = complaints([...wrong.map(([line]) => line), ...right])
    expect(messages.length).toBe(wrong.length)
    for (const [i, [, sentence]] of wrong.entries()) expect(messages[i]!.at(-1)).toContain(sentence)
  })
})
