/** The architecture as a test: who may import whom, how long a file may be, and what no file may touch. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("../src", import.meta.url))

/** Every folder of src and the folders it may import from, besides itself: an arrow only points to what is listed. */
const belowRun =
  "core graph data picture storage onnx nn dist optim model runtime bijector models train evaluate explore tasks report"
const mayImport: Readonly<Record<string, string>> = {
  core: "",
  graph: "core",
  data: "core",
  picture: "core",
  storage: "core",
  onnx: "core graph",
  nn: "core graph",
  dist: "core graph",
  optim: "core graph",
  model: "core graph",
  runtime: "core graph onnx optim",
  bijector: "core graph nn dist",
  models: "core graph nn dist model bijector",
  train: "core graph data model onnx optim runtime",
  evaluate: "core graph data model runtime models/autoencoder/pca.ts explore/samples.ts", // principal axes are arithmetic, drawing samples is no picture
  explore: "core graph nn onnx model runtime evaluate",
  tasks: "core graph data model runtime evaluate explore",
  report: "core picture",
  run: belowRun,
  cli: `${belowRun} run`,
  "index.ts": `${belowRun} run`, // the package's entry: everything but the command line
  "web.ts": "runtime train", // the entry of a page
}
const withoutNode = ["core", "graph", "onnx", "nn", "dist", "optim", "model", "bijector", "models", "explore"]
const longest = 300

interface File {
  /** Relative to src, as in `graph/tensor.ts`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

const files: readonly File[] = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .map((path) => {
    const text = readFileSync(join(root, path), "utf8")
    return { path, text, imports: ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName) }
  })

const folderOf = (path: string): string => path.split("/")[0]!
/** The imported file relative to src; undefined for packages. */
const targetOf = (from: string, specifier: string): string | undefined =>
  specifier.startsWith(".") ? relative(root, resolve(root, dirname(from), specifier)) : undefined
const targetsOf = ({ path, imports }: File): string[] => imports.flatMap((name) => targetOf(path, name) ?? [])

/** Why this import is forbidden, or nothing. */
function forbidden(from: string, target: string): string[] {
  const [folder, other] = [folderOf(from), folderOf(target)]
  const allowed = (mayImport[folder] ?? "").split(" ")
  return other === folder || allowed.includes(other) || allowed.includes(target) ? [] : [`${from} → ${target}`]
}

/** A cycle among files as a path that ends where it began, or undefined. */
function cycleIn(targets: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (done.has(path)) return undefined
    for (const target of targets.get(path) ?? []) {
      const found = visit(target, [...trail, path])
      if (found) return found
    }
    done.add(path)
    return undefined
  }
  for (const path of targets.keys()) {
    const found = visit(path, [])
    if (found) return found
  }
  return undefined
}

/** A file and all it imports, directly or not. */
function reachable(path: string, seen = new Map<string, File>()): File[] {
  const file = files.find((candidate) => candidate.path === path)
  if (!file || seen.has(path)) return [...seen.values()]
  seen.set(path, file)
  for (const target of targetsOf(file)) reachable(target, seen)
  return [...seen.values()]
}

const tooLong = ({ text }: Pick<File, "text">): boolean => {
  const lines = text.trimEnd().split("\n")
  const excused = lines.slice(0, 20).some((line) => /^\s*(\/\/|\/?\*+)\s*Long because/.test(line))
  return lines.length > longest && !excused
}
const matching = (pattern: RegExp, where: (file: File) => boolean = () => true): string[] =>
  files.filter((file) => where(file) && pattern.test(file.text)).map(({ path }) => path)

describe("layers", () => {
  it("name every folder of src", () => {
    expect(files.length).toBeGreaterThan(80)
    expect([...new Set(files.map(({ path }) => folderOf(path)))].filter((folder) => !(folder in mayImport))).toEqual([])
  })
  it("import only what lies below them", () =>
    expect(files.flatMap((file) => targetsOf(file).flatMap((target) => forbidden(file.path, target)))).toEqual([]))
  it("import files that exist, with their extension", () => {
    const known = new Set(files.map(({ path }) => path))
    const broken = files.flatMap((file) => targetsOf(file).filter((target) => !known.has(target)))
    expect(broken.filter((target) => !target.endsWith("package.json"))).toEqual([])
  })
  it("hold no import cycle between files", () =>
    expect(cycleIn(new Map(files.map((file) => [file.path, targetsOf(file)])))).toBeUndefined())
  it("leave core without packages", () =>
    expect(files.filter(({ path }) => folderOf(path) === "core").flatMap(({ imports }) => imports)).toSatisfy(
      (imports: string[]) => imports.every((name) => name.startsWith("./")),
    ))
  it("keep node: out of everything a browser may load", () =>
    expect(
      files
        .filter(({ path }) => withoutNode.includes(folderOf(path)))
        .flatMap(({ path, imports }) =>
          imports.filter((name) => name.startsWith("node:")).map((name) => `${path} → ${name}`),
        ),
    ).toEqual([]))
  it("keep node: and what only Node has out of the browser's entry", () => {
    const reached = reachable("web.ts")
    expect(reached.map(({ path }) => path)).toEqual(expect.arrayContaining(["graph/ops/matmul.ts", "train/loop.ts"]))
    const only = /^node:|^onnxruntime-node$|^koffi$/
    expect(reached.filter(({ imports }) => imports.some((name) => only.test(name))).map(({ path }) => path)).toEqual([])
  })
})

describe("files", () => {
  it(`have at most ${longest} lines, unless they say "Long because"`, () =>
    expect(files.filter(tooLong).map(({ path }) => path)).toEqual([]))
  it("draw no numbers from Math.random", () => expect(matching(/Math\.random/)).toEqual([]))
  it("read the environment nowhere but in the command line", () =>
    expect(matching(/process\.env/, ({ path }) => folderOf(path) !== "cli")).toEqual([]))
})

describe("the rules themselves", () => {
  it("catch a model that imports the trainer, and core that imports anything", () => {
    expect(forbidden("models/variational/vae.ts", "train/loop.ts")).toHaveLength(1)
    expect(forbidden("evaluate/bound.ts", "models/variational/vae.ts")).toHaveLength(1)
    expect(forbidden("core/tree.ts", "graph/tensor.ts")).toHaveLength(1)
    expect(forbidden("run/run.ts", "cli/main.ts")).toHaveLength(1)
    expect(forbidden("train/loop.ts", "graph/graph.ts")).toEqual([])
  })
  it("catch cycles and long files", () => {
    const cyclic = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["b"]],
    ])
    expect(cycleIn(cyclic)).toEqual(["b", "c", "b"])
    const text = "x\n".repeat(301)
    expect([tooLong({ text }), tooLong({ text: `// Long because it is a table.\n${text}` })]).toEqual([true, false])
  })
})
