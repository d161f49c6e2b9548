// Contestants in a browser's tab: each is opened in the same page, one after the other, and timed as the programs are.
//
// eidos' side is the module that bundle.ts makes of eidos.ts beside this page: it exports
//   open(workload, batch, { way? }) → { run(calls): Promise<loss>, lossEvery?, settings, version } or { absent: reason }

import { workloads } from "../peers/batch.mjs"
import { complaint, timed } from "../peers/timing.mjs"

const peers = "/peers/node_modules"

const loadScript = (src) =>
  new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src })
    script.onload = resolve
    script.onerror = () => reject(new Error(`${src} does not load.`))
    document.head.append(script)
  })

const versionOf = async (name) => (await (await fetch(`${peers}/${name}/package.json`)).json()).version

const once = (open) => {
  let opened
  return () => (opened ??= open())
}

const jaxjs = once(async () => {
  const jax = await import(`${peers}/@jax-js/jax/dist/index.js`)
  await jax.init("wasm")
  jax.defaultDevice("wasm")
  return jax
})

const tfjs = once(async () => {
  await loadScript(`${peers}/@tensorflow/tfjs/dist/tf.min.js`)
  await loadScript(`${peers}/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js`)
  const { tf } = globalThis
  tf.wasm.setWasmPaths(`${peers}/@tensorflow/tfjs-backend-wasm/dist/`)
  tf.wasm.setThreadsCount(navigator.hardwareConcurrency) // it may start fewer; `settings` says how many
  if (!(await tf.setBackend("wasm"))) throw new Error("tfjs: the WebAssembly backend did not start.") // else: WebGL
  await tf.ready()
  return tf
})

const contestants = {
  eidos: async (workload, batch) => (await import("./eidos.bundle.mjs")).open(workload, batch),
  "eidos-loop": async (workload, batch) => (await import("./eidos.bundle.mjs")).open(workload, batch, { way: "loop" }),
  "jax-js": async (workload, batch) => {
    const { jaxjsContestant } = await import("../peers/jaxjs_contestant.mjs")
    const settings = `jit, ${navigator.hardwareConcurrency} cores to choose from`
    return { settings, version: await versionOf("@jax-js/jax"), ...jaxjsContestant(await jaxjs(), workload, batch) }
  },
  tfjs: async (workload, batch) => {
    const { tfjsContestant } = await import("../peers/tfjs_contestant.mjs")
    const tf = await tfjs()
    const settings = `threads: ${tf.wasm.getThreadsCount()}`
    return { settings, version: await versionOf("@tensorflow/tfjs"), ...tfjsContestant(tf, workload, batch) }
  },
}

const opened = new Map()

/** One round of a contestant, opened when it is first asked for: what `timed` gives, or { absent }. */
globalThis.contest = async (name, workload, batch, timing) => {
  const key = `${name} ${workload} ${batch}`
  if (!opened.has(key)) opened.set(key, await contestants[name](workload, batch))
  const contestant = opened.get(key)
  if ("absent" in contestant) return { absent: contestant.absent }
  const measured = await timed(contestant, { ...timing, startedAt: Date.now() })
  const wrong = timing.isFirst ? complaint(workloads[workload], measured) : undefined
  if (wrong !== undefined) return { absent: `${name}: ${wrong}` }
  return { ...measured, version: contestant.version, settings: contestant.settings }
}
globalThis.isReady = true
