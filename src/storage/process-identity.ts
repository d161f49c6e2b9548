import { readFileSync } from "node:fs"

/** Whether the process with this number runs and, where the system tells, is the one born then and not a later one. */
export function isAlive(pid: number, born: string | null): boolean {
  if (!answers(pid)) return false
  const now = bornAt(pid)
  return now !== "dead" && (now === null || born === null || now === born)
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" // it runs, but belongs to someone else
  }
}

/**
 * When a process was born: the boot and the clock tick within it, from Linux's `/proc`; `"dead"` for a zombie, null
 * where the system does not tell.
 */
export function bornAt(pid: number): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ") // the name before may hold spaces and brackets
    return fields[0] === "Z" || fields[0] === "X" ? "dead" : `${boot}:${fields[19]}` // field 22 of proc(5), starttime
  } catch {
    return null
  }
}
