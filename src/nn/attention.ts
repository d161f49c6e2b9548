/** Attention (Vaswani et al. 2017): every place reads from all places, or from those before it, by how well they match. */
import { ShapeError } from "../core/errors.ts"
import { formatShape, type Shape } from "../core/shape.ts"
import { add, mul } from "../graph/ops/arithmetic.ts"
import { batchMatmul, transposeLast } from "../graph/ops/batch-matmul.ts"
import { reshape } from "../graph/ops/broadcast.ts"
import { slice, transpose } from "../graph/ops/layout.ts"
import { softmax } from "../graph/ops/softmax.ts"
import { constant } from "../graph/ops/source.ts"
import { glorotUniform, type Live, weight, zeros } from "../graph/parameter.ts"
import type { Tensor } from "../graph/tensor.ts"

/** Which places may be read: all, or for each place those up to itself. */
export interface AttentionOptions {
  readonly causal?: boolean
}

// −10⁹: its exponential is 0 in 32 bits, and unlike −∞ it makes no NaN when differences are taken.
const forbidden = -1e9

/** 0 where query i may read key j ≤ i + (keys − queries), else a number that softmax turns into 0: [queries, keys]. */
function causalMask(queries: number, keys: number): Tensor {
  const data = Float32Array.from({ length: queries * keys }, (_, at) => {
    const [i, j] = [Math.floor(at / keys), at % keys]
    return j <= i + keys - queries ? 0 : forbidden
  })
  return constant({ shape: [queries, keys], data })
}

/** softmax(q·kᵀ/√d)·v (eq. 1) of queries [..., queries, d], keys [..., keys, d] and values [..., keys, width]: [..., queries, width]. Throws ShapeError. */
export function dotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { causal = false }: AttentionOptions = {},
): Tensor {
  const scores = batchMatmul(mul(q, 1 / Math.sqrt(q.shape.at(-1)!)), transposeLast(k)) // [..., queries, keys]
  const allowed = causal ? add(scores, causalMask(q.shape.at(-2)!, k.shape.at(-2)!)) : scores
  return batchMatmul(softmax(allowed), v)
}

export const unevenHeads = (width: number, heads: number): string =>
  `attention: a width of ${width} does not split into ${heads} heads.`
export const noSequence = (shape: Shape, width: number): string =>
  `attention: ${formatShape(shape)} came; sequences are [batch, places, ${width}].`

/** Self-attention with several heads (section 3.2.2) of sequences [batch, places, width] → the same shape. Throws ShapeError. */
export function multiHeadAttention(width: number, heads: number, options: AttentionOptions = {}) {
  if (width % heads !== 0) throw new ShapeError(unevenHeads(width, heads))
  const params = {
    qkv: { w: weight([width, 3 * width], glorotUniform), b: weight([3 * width], zeros) },
    out: { w: weight([width, width], glorotUniform), b: weight([width], zeros) },
  }
  return {
    params,
    apply: (p: Live<typeof params>, x: Tensor): Tensor => {
      if (x.shape.length !== 3 || x.shape[2] !== width) throw new ShapeError(noSequence(x.shape, width))
      const [batch, places] = x.shape as readonly [number, number, number]
      const projected = add(batchMatmul(x, p.qkv.w), p.qkv.b)
      const split = transpose(reshape(projected, [batch, places, 3, heads, width / heads]), [2, 0, 3, 1, 4])
      const [q, k, v] = [0, 1, 2].map((i) =>
        reshape(slice(split, 0, i, i + 1), [batch, heads, places, width / heads]),
      ) as [Tensor, Tensor, Tensor]
      const read = dotProductAttention(q, k, v, options) // [batch, heads, places, width / heads]
      const joined = reshape(transpose(read, [0, 2, 1, 3]), [batch, places, width])
      return add(batchMatmul(joined, p.out.w), p.out.b)
    },
  }
}
