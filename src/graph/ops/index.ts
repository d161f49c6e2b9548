/** Every op of the language; the contract test imports this module and tests each record it exports. */
export * from "./arithmetic.ts"
export { broadcastOp, broadcastTo, reshape, reshapeOp, sum, sumOp, sumTo } from "./broadcast.ts"
export { concat, concatOp, halves, pad, padOp, slice, sliceOp, transpose, transposeOp } from "./layout.ts"
export * from "./likelihood.ts"
export { matmul, matmulOp } from "./matmul.ts"
export { logSumExp, max, maxOp, mean } from "./reduce.ts"
export * from "./source.ts"
export * from "./unary.ts"
