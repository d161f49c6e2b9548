/** The names, repeated ones told apart by number: `elbo`, `elbo (2)`. */
export function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let free = name
    for (let count = 2; taken.has(free); count++) free = `${name} (${count})`
    taken.add(free)
    return free
  })
}

/** A name of at most 44 letters, the end of a longer one left out with a mark. */
export const shortened = (name: string): string => (name.length <= 44 ? name : `${name.slice(0, 43)}…`)
