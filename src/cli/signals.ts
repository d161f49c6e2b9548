import { EidosError } from "../core/errors.ts"
import type { Io, SignalName } from "./io.ts"

/** What a process that a signal ended says to its caller: 128 and the signal's number. */
export const signalExitCodes: Readonly<Record<SignalName, number>> = { SIGINT: 130, SIGTERM: 143 }

/** A command stopped by a signal. */
export class Interrupted extends EidosError {
  readonly signal: SignalName
  constructor(signal: SignalName, message = `Stopped by ${signal}.`, hint = "") {
    super("interrupted", message, { hint })
    this.signal = signal
  }
}

/**
 * Runs a task that a signal asks to stop: the first one aborts `signal` and lets the task save, the second ends the
 * process at once. Throws Interrupted when the task gave up because of it.
 */
export async function interruptible<T>(io: Io, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = io.onSignal((name) => {
    if (controller.signal.aborted) return io.exit(signalExitCodes[name])
    controller.abort(new Interrupted(name))
  })
  try {
    return await task(controller.signal)
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") controller.signal.throwIfAborted()
    throw error
  } finally {
    stop()
  }
}
