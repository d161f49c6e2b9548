import { apply, type Tensor } from "../tensor.ts"
import { binaryOp, mul, sub } from "./arithmetic.ts"
import { sigmoid } from "./unary.ts"

/**
 * log Bernoulli(x; σ(logits)) = x·logits − softplus(logits), elementwise, in nats. One record, because its gradient
 * x − σ(logits) then takes two passes over memory instead of four.
 */
export const bernoulliLogProbOp = binaryOp({
  name: "bernoulliLogProb",
  value: (l, x) => x * l - (Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l)))),
  vjp: (g, l, x) => [mul(g, sub(x, sigmoid(l))), mul(g, l)],
  onnx: (emit, [l, x]) =>
    emit.node("Add", [
      emit.node("Sub", [emit.node("Mul", [x!, l!]), emit.node("Relu", [l!])]),
      emit.node("Log", [emit.node("Sigmoid", [emit.node("Abs", [l!])])]),
    ]),
})

/** log p(x) of independent Bernoulli pixels with these logits, one value a pixel, in nats; x in [0, 1]. */
export const bernoulliLogProb = (logits: Tensor, x: Tensor): Tensor => apply(bernoulliLogProbOp, [logits, x], null)
