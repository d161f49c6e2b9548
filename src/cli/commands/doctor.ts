import type { Check } from "../check.ts"
import type { Paint } from "../colour.ts"
import { defineCommand } from "../command.ts"

export const doctor = defineCommand({
  name: "doctor",
  purpose: "Check this machine: versions, backends, memory, disk, data",
  flags: [],
  examples: ["doctor", "doctor --json", "doctor --no-color > doctor.txt"],
  async run({ io, output, fail }) {
    const { checks } = await import("../checks.ts")
    const found = await checks(io.env)
    const width = Math.max(...found.map(({ name }) => name.length))
    output.result(
      { schemaVersion: 1, checks: found },
      found.map((check) => line(check, width, output.paint)).join("\n"),
    )
    if (found.some(({ status }) => status === "fail")) fail()
  },
})

function line({ name, status, message, hint }: Check, width: number, paint: Paint): string {
  const mark = { ok: paint.green("ok  "), warn: paint.yellow("warn"), fail: paint.red("fail") }[status]
  const advice = hint === undefined ? "" : `\n${" ".repeat(width + 8)}${paint.dim(hint)}`
  return `${mark}  ${paint.bold(name.padEnd(width))}  ${message}${advice}`
}
