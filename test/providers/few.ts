/** The trainings that every device is asked for: weights that move alone, players in turn, and noise in the network. */
import { type Tiny, trainable } from "../laws/tiny.ts"

export const named = (wanted: string): Tiny => trainable.find((tiny) => tiny.name === wanted)!
export const few = ["vae relu", "gan points", "classifier dropout"].map(named)
export const steps = 5
/** Where a run is stopped and taken up again. */
export const stop = 2
