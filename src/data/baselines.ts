/**
 * What trivial models reach: the numbers any generative model must beat. All are negative log-likelihoods of the test
 * images, as means over images with their standard errors.
 */

/** A mean over test images and its standard error, in the unit its function names. */
export interface Measured {
  readonly value: number
  readonly standardError: number
}

/** Flat data: `eventSize` numbers an image. */
export interface TrainAndTest<T> {
  readonly train: T
  readonly test: T
  readonly eventSize: number
}

/** Nats an image when every pixel is a fair coin: D · ln 2, the same for any image. */
export const uniformNats = (eventSize: number): Measured => ({ value: eventSize * Math.LN2, standardError: 0 })

/**
 * Nats an image when pixels are independent coins with the training set's frequencies, p = (Σ x + ½)/(n + 1) (Jeffreys'
 * prior, so that no pixel is certain). Numbers are 0 or 1, or grey in [0, 1]; grey test pixels give the cross-entropy,
 * which is the mean over their random binarizations.
 */
export function marginalBernoulliNats({ train, test, eventSize }: TrainAndTest<ArrayLike<number>>): Measured {
  const ones = columnSums(train, eventSize)
  const count = train.length / eventSize
  const logOn = ones.map((sum) => Math.log((sum + 0.5) / (count + 1)))
  const logOff = ones.map((sum) => Math.log((count - sum + 0.5) / (count + 1)))
  return meanOverImages(test, eventSize, (x, j) => -(x * logOn[j]! + (1 - x) * logOff[j]!))
}

/** Bits a dimension when all 256 grey levels are equally likely: 8. */
export const uniformBitsPerDim: Measured = { value: 8, standardError: 0 }

/** Bits a dimension when every pixel follows the training set's one histogram of grey levels (add-one smoothing). */
export function histogramBitsPerDim({ train, test, eventSize }: TrainAndTest<Uint8Array>): Measured {
  const counts = new Float64Array(256)
  for (const level of train) counts[level]!++
  const bits = counts.map((count) => Math.log2(train.length + 256) - Math.log2(count + 1))
  return meanOverImages(test, eventSize, (level) => bits[level]! / eventSize)
}

/** Bits a dimension when each pixel follows its own histogram over the training set (add-one smoothing). */
export function pixelHistogramBitsPerDim({ train, test, eventSize }: TrainAndTest<Uint8Array>): Measured {
  const counts = new Float64Array(256 * eventSize) // [eventSize, 256]
  for (let i = 0; i < train.length; i++) counts[256 * (i % eventSize) + train[i]!]!++
  const total = Math.log2(train.length / eventSize + 256)
  const bits = counts.map((count) => total - Math.log2(count + 1))
  return meanOverImages(test, eventSize, (level, j) => bits[256 * j + level]! / eventSize)
}

function columnSums(flat: ArrayLike<number>, eventSize: number): Float64Array {
  const sums = new Float64Array(eventSize)
  for (let i = 0; i < flat.length; i++) sums[i % eventSize]! += flat[i]!
  return sums
}

/** Mean over images of the sum over pixels of `cost(pixel, its place)`, with the standard error of that mean. */
function meanOverImages(
  flat: ArrayLike<number>,
  eventSize: number,
  cost: (pixel: number, place: number) => number,
): Measured {
  const sums = Float64Array.from({ length: flat.length / eventSize }, (_, image) => {
    let sum = 0
    for (let j = 0; j < eventSize; j++) sum += cost(flat[image * eventSize + j]!, j)
    return sum
  })
  const value = sums.reduce((total, sum) => total + sum, 0) / sums.length
  const squares = sums.reduce((total, sum) => total + (sum - value) ** 2, 0)
  return { value, standardError: Math.sqrt(squares / (sums.length - 1) / sums.length) }
}
