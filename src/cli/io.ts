/** What a command may touch of its process; tests put their own in place of it. */
export interface Io {
  readonly stdout: Stream
  readonly stderr: Stream
  readonly env: Readonly<Record<string, string | undefined>>
  /** Calls back at SIGINT and SIGTERM until the returned function is called. */
  onSignal(listener: (name: SignalName) => void): () => void
  /** Ends the process at once. */
  exit(code: number): void
}

export interface Stream {
  write(chunk: string | Uint8Array): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export type SignalName = "SIGINT" | "SIGTERM"

/** The streams, environment and signals of this process. */
export const processIo = (): Io => ({
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  onSignal(listener) {
    process.on("SIGINT", listener).on("SIGTERM", listener)
    return () => process.off("SIGINT", listener).off("SIGTERM", listener)
  },
  exit: (code) => process.exit(code),
})
