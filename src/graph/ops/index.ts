/** Every op of the language; the contract test imports this module and tests each record it exports. */
export { elu, eluOp, gelu, geluOp, leakyRelu, leakyReluOp, silu } from "./activation.ts"
export {
  argmax,
  gatherAlong,
  gatherAlongOp,
  oneHot,
  scatterAlong,
  scatterAlongOp,
  topK,
  topKIndexOp,
} from "./along.ts"
export * from "./arithmetic.ts"
export { batchMatmul, batchMatmulOp, transposeLast } from "./batch-matmul.ts"
export { broadcastOp, broadcastTo, reshape, reshapeOp, sum, sumOp, sumTo } from "./broadcast.ts"
export {
  type ConvOptions,
  conv,
  convOp,
  convTranspose,
  convTransposeOp,
  firstTaps,
  geometryOf,
  kernelGradientOp,
} from "./conv.ts"
export { cumsum, cumsumOp } from "./cumsum.ts"
export { type Pull, withPullback, withPullbackOp } from "./custom-gradient.ts"
export { gather, gatherOp, scatterOp, scatterRows } from "./gather.ts"
export { concat, concatOp, halves, pad, padOp, slice, sliceOp, transpose, transposeOp } from "./layout.ts"
export * from "./likelihood.ts"
export { matmul, matmulOp } from "./matmul.ts"
export { meanSquare, meanSquareOp } from "./moment.ts"
export { pixelShuffle, pixelUnshuffle, resizeBilinear } from "./pixels.ts"
export {
  averageAdjointOp,
  averagePool,
  averagePoolOp,
  maxPool,
  maxPoolIndexOp,
  maxPoolOp,
  upsample,
  upsampleOp,
} from "./pool.ts"
export type { PoolOptions } from "./pool-geometry.ts"
export { logSumExp, max, maxOp, mean } from "./reduce.ts"
export { type Scanned, type StepResults, scan, scanOp } from "./scan.ts"
export { clamp, clampOp, select, selectOp } from "./select.ts"
export { crossEntropy, crossEntropyOp, logSoftmax, logSoftmaxOp, softmax, softmaxOp } from "./softmax.ts"
export * from "./source.ts"
export { cos, cosOp, erf, erfOp, rsqrt, rsqrtOp, sin, sinOp } from "./special.ts"
export * from "./unary.ts"
