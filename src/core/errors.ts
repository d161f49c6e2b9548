/** Documented error codes; the command line maps each to an exit code (`exitCodes` in `cli/`). */
export type ErrorCode =
  | "usage" // a flag or option that does not exist or does not fit
  | "config" // a configuration outside its schema
  | "shape" // tensors that do not fit together
  | "trace" // a function that cannot be traced
  | "data" // a data file that is missing, truncated or lies about itself
  | "model-file" // a checkpoint or model file that cannot be trusted
  | "exists" // something would be overwritten
  | "locked" // another process works in this run folder
  | "network" // a download that cannot be completed
  | "diverged" // NaN or infinity in a loss or weight
  | "verification" // a check that does not hold
  | "resources" // out of memory or disk
  | "interrupted" // stopped by a signal
  | "failed" // everything else

/** An error for the person at the keyboard: a sentence that says where, what came and what was needed, and a hint what to do. */
export class EidosError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = "EidosError"
    this.code = code
    this.hint = options.hint ?? ""
  }
}

/** Tensors that do not fit together; thrown while tracing, before anything runs. */
export class ShapeError extends EidosError {
  constructor(message: string, hint?: string) {
    super("shape", message, hint === undefined ? {} : { hint })
    this.name = "ShapeError"
  }
}
