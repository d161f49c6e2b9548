/** One line of `eidos doctor`: what is and, where that is not well, what to do. */
export interface Check {
  readonly name: string
  readonly status: "ok" | "warn" | "fail"
  readonly message: string
  readonly hint?: string
}
