/** The data sets known by name, with one line each; any path to an IDX file is one more. */
export const datasetNames = {
  glyphs: "28×28 grey digits drawn on the spot from pen strokes with known factors; needs no file",
  mnist: "28×28 grey handwritten digits (LeCun et al. 1998), 55,000 + 5,000 + 10,000",
  "mnist-binarized": "MNIST in zeros and ones, fixed by Larochelle & Murray (2011), 50,000 + 10,000 + 10,000",
  "bars-and-stripes": "all 30 images of 4×4 bars or stripes (MacKay 2003): a distribution known in full",
  "eight-gaussians": "points of the plane around eight modes on a circle; density known",
  ring: "points of the plane on a circle; density known",
  "two-moons": "points of the plane on two interlocked half circles",
  spirals: "points of the plane on two spiral arms",
  checkerboard: "points of the plane on the dark squares of a board; density known",
  pinwheel: "points of the plane in five twisted blades; density known",
} as const

/** What `--data` takes, for help and hints. */
export const datasetChoice = `${Object.keys(datasetNames).join(", ")} or the path of an IDX file`
