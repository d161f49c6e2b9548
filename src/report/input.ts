import type { Estimate } from "../core/estimate.ts"
import type { CurveChart } from "../picture/chart.ts"

/** One line of a table of facts. */
export interface Fact {
  readonly label: string
  readonly value: string
}

/** A drawing with its caption. */
export interface Chart {
  readonly title: string
  readonly caption: string
  readonly svg: string
}

/** A PNG file with its caption and what it shows, for those who cannot see it. */
export interface Picture {
  readonly title: string
  readonly caption: string
  readonly alt: string
  readonly png: Uint8Array
  /** One picture that stands for a moving one on paper, and where motion is not wanted. */
  readonly still?: Uint8Array
}

/** Everything a report says about a run; plain data, nothing measured while rendering. */
export interface ReportInput {
  readonly title: string
  readonly model: {
    readonly name: string
    readonly density: string
    readonly sampling: string
    readonly cites: readonly string[]
  }
  readonly data: {
    readonly name: string
    readonly source: string
    readonly preprocessing: string
    readonly counts: { readonly train: number; readonly validation: number; readonly test: number }
    readonly digest: string
  }
  readonly evaluation: { readonly split: string; readonly n: number }
  readonly estimates: readonly Estimate[]
  readonly curves: readonly CurveChart[]
  /** Further drawings, such as a latent scatter plot. */
  readonly charts?: readonly Chart[]
  /** Sorted into samples, reconstructions, traversals, manifolds and others by their titles. */
  readonly pictures: readonly Picture[]
  readonly config: object
  readonly timing: readonly Fact[]
  readonly environment: readonly Fact[]
  /** What to type to make this run again. */
  readonly command: string
}
