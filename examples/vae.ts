/** A variational autoencoder on drawn digits, from data to numbers to a picture. */
import { writeFileSync } from "node:fs"
import { encodePng, formatEstimate, glyphs, grid, samplesOf, summarize, train, vae } from "eidos"

const dataset = glyphs({ train: 10_000, validation: 500, test: 1_000 })
const preprocessing = { binarize: "dynamic", dequantize: false } as const
const model = vae.build(vae.config.parse({ latent: 10, hidden: [256] }), dataset.event)

for await (const { step, metrics, parameters } of train({ model, dataset, preprocessing, steps: 500 })) {
  console.log(`step ${step}: −ELBO ${metrics["negativeElbo"]?.toFixed(1)} nats`)
  if (step < 500) continue
  const trained = { model, parameters }
  for (const estimate of await summarize(trained, { dataset, split: "test", preprocessing }, { k: 50 }))
    console.log(`${estimate.quantity}: ${formatEstimate(estimate)}`)
  const samples = await samplesOf(trained, 64, { seed: 1 })
  writeFileSync("samples.png", encodePng(grid(samples.data, 64, dataset.event)))
}
