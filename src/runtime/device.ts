/** What of a machine runs a program, as a value and by name: `cpu`, `webgpu`, `cuda`, `cuda:1`. */

/** What of the machine a program runs on; `index` counts CUDA devices from 0. */
export type Device =
  | { readonly provider: "cpu" }
  | { readonly provider: "webgpu" }
  | { readonly provider: "cuda"; readonly index?: number }

/** The processor. */
export const cpu: Device = { provider: "cpu" }

/** The device of this name; undefined where no device is called so. */
export function deviceOf(name: string): Device | undefined {
  if (name === "cpu" || name === "webgpu") return { provider: name }
  const [, index] = /^cuda(?::(\d{1,3}))?$/.exec(name) ?? []
  if (index !== undefined) return { provider: "cuda", index: Number(index) }
  return name === "cuda" ? { provider: "cuda" } : undefined
}
