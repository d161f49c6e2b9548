// How a JavaScript contestant is timed, in Node and in a browser: the same rules as protocol.py, whose comments say why.

const enoughSeconds = 60 // after which three rounds have to do

/** A contestant's `run` from what starts one step and what waits for its result and gives its loss. */
export const inTurn = (step, ready) => async (calls) => {
  let last
  for (let call = 0; call < calls; call++) last = await step()
  return ready(last)
}

const callMs = async (run, calls) => {
  const start = performance.now()
  await run(calls)
  return (performance.now() - start) / calls
}

const callsARound = async (run) => {
  const ms = Math.min(await callMs(run, 1), await callMs(run, 1))
  return Math.max(1, Math.min(4096, Math.ceil(250 / ms)))
}

const warmUp = async (run, calls, seconds) => {
  const end = performance.now() + 1000 * seconds
  let best = Number.POSITIVE_INFINITY
  let level = 0
  for (let done = 1; done <= 20 && performance.now() < end; done++) {
    const ms = await callMs(run, calls)
    level = ms > 0.95 * best ? level + 1 : 0
    best = Math.min(best, ms)
    if (done * calls >= 10 && level >= 2) return
  }
}

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Times a contestant: `run` makes some calls, waits for the last, and gives the loss; `share` is what a call does of what is
 * reported (20 of 784 pixels, say). One call in `lossEvery` computes the loss. `startedAt` is when its process or page began, in epoch ms.
 */
export const timed = async ({ run, share = 1, lossEvery = 1 }, { rounds, inner, warmUpSeconds, startedAt }) => {
  const began = performance.now()
  const lossFirst = await run(1)
  const firstCallMs = performance.now() - began
  const firstStepMs = Date.now() - startedAt
  const calls = inner ?? (await callsARound(run))
  await warmUp(run, calls, warmUpSeconds)
  const callsMs = []
  const end = performance.now() + 1000 * enoughSeconds
  while (callsMs.length < rounds && (callsMs.length < 3 || performance.now() < end))
    callsMs.push(await callMs(run, calls))
  const lossLast = await run(lossEvery)
  return {
    medianMs: median(callsMs) / share,
    roundsMs: callsMs.map((ms) => ms / share),
    compileMs: Math.max(0, firstCallMs - median(callsMs)),
    firstStepMs,
    lossFirst,
    lossLast,
  }
}

/** What was wrong with the training, or nothing. */
export const complaint = ({ firstLoss: { near, within }, falls }, { lossFirst: first, lossLast: last }) => {
  if (!(Math.abs(first - near) < within * near)) return `the first loss is ${first.toFixed(3)}, not near ${near}`
  if (falls && !(last < first)) return `the loss did not fall: ${first.toFixed(3)} to ${last.toFixed(3)}`
  return Number.isFinite(last) ? undefined : `the last loss is ${last}`
}
