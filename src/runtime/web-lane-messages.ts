/** What a page and the workers of web-lane.ts say to each other. */
import type { InferenceSession } from "onnxruntime-web"
import type { Ports } from "./bound.ts"
import type { Library } from "./program.ts"

/** The first message, with the port that all others go through. */
export interface Start {
  readonly port: MessagePort
  /** Where ONNX Runtime lies, if the page knows; else this module's bundler does. */
  readonly address: string | undefined
  /** The page's settings of ONNX Runtime that say where its binaries lie. */
  readonly wasmPaths: Library["env"]["wasm"]["wasmPaths"]
  readonly threads: number
}

/** What is asked of a worker, with a number that its answer bears; `of` is the number that opened the program. */
export type Request = { readonly id: number } & (
  | {
      readonly kind: "open"
      readonly model: Uint8Array
      readonly options: InferenceSession.SessionOptions
      readonly inputs: Ports
      readonly outputs: Ports
    }
  | { readonly kind: "run"; readonly of: number }
)

/** An answer; with a fault where there is no other. */
export interface Answer {
  readonly id: number
  readonly fault?: string
}

/** The number of the answer that says the worker is up. */
export const started = 0
