// `npm run reproduce [name…] [-- --threads 1]`: runs the published and taught results from the command line, as a user would, and
// writes what they reached to docs/results/, with command, seed, processor and load; flags after the names are handed on.
// EIDOS_DATA names the folder of data sets.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { cpus, loadavg, tmpdir } from "node:os"
import { join } from "node:path"

const experiments = {
  "vae-mnist-binarized": {
    title: "VAE on fixed-binarized MNIST",
    aim: "Importance-weighted test bound (K = 1000) of at most 91 nats within 10 minutes on two cores.",
    command: ["train", "vae", "--preset", "mnist-binarized"],
  },
  "autoencoder-lee": {
    title: "Lee's autoencoder on digits 1, 5 and 6",
    aim: "Test squared error below PCA-2's 0.0421 a pixel; 3-nearest-neighbour accuracy on the 2-D codes of at least 95 %.",
    command: ["train", "autoencoder", "--preset", "lee", "--data", "mnist", "--digits", "1,5,6"],
  },
  "autoencoder-lee-verbatim": {
    title: "Lee's autoencoder with the lecture's 2,500 iterations",
    aim: "What the lecture's own settings reach.",
    command: ["train", "autoencoder", "--preset", "lee-verbatim", "--data", "mnist", "--digits", "1,5,6"],
  },
  "autoencoder-linear": {
    title: "Linear autoencoder and PCA on MNIST",
    aim: "Test squared error within 1 % of PCA with as many components.",
    command: ["train", "autoencoder", "--preset", "linear", "--data", "mnist"],
  },
  "fvsbn-mnist-binarized": {
    title: "FVSBN on fixed-binarized MNIST",
    aim: "Test −log p(x) of at most 98 nats within 20 minutes on two cores (published: 97.45).",
    command: ["train", "fvsbn", "--preset", "mnist-binarized"],
  },
  "nade-mnist-binarized": {
    title: "NADE on fixed-binarized MNIST",
    aim: "Test −log p(x) of at most 93 nats within 20 minutes on two cores.",
    command: ["train", "nade", "--preset", "mnist-binarized"],
  },
  "nade-published": {
    title: "NADE on fixed-binarized MNIST, the long way",
    aim: "The published 88.33 nats (Larochelle and Murray 2011).",
    command: ["train", "nade", "--preset", "published"],
  },
  "made-mnist-binarized": {
    title: "MADE on fixed-binarized MNIST",
    aim: "Test −log p(x) of at most 90.5 nats within 20 minutes on two cores.",
    command: ["train", "made", "--preset", "mnist-binarized"],
  },
  "made-published": {
    title: "MADE with two hidden layers and several orders, the long way",
    aim: "The published 86.64 nats (Germain et al. 2015).",
    command: ["train", "made", "--preset", "published"],
  },
  "rbm-mnist-binarized": {
    title: "RBM with 500 hidden units on fixed-binarized MNIST",
    aim: "Test −log p(x), log Z by annealed importance sampling, of at most 95 nats within 20 minutes on two cores.",
    command: ["train", "rbm", "--preset", "mnist-binarized"],
  },
  "rbm-published": {
    title: "RBM with 500 hidden units, the long way",
    aim: "The published 86.34 nats (CD-25; Salakhutdinov and Murray 2008).",
    command: ["train", "rbm", "--preset", "published"],
    measure: ["--betas", "50000"],
  },
  "nice-mnist": {
    title: "NICE on continuous MNIST",
    aim: "More than 1500 nats of test log p(x) on pixels in [0, 1] within 20 minutes on two cores.",
    command: ["train", "nice", "--preset", "mnist"],
  },
  "realnvp-mnist": {
    title: "Dense RealNVP on continuous MNIST",
    aim: "Less than 2 bits/dim on test within 20 minutes on two cores.",
    command: ["train", "realnvp", "--preset", "mnist"],
  },
}

const given = process.argv.slice(2)
const firstFlag = given.findIndex((word) => word.startsWith("--"))
const [chosen, flags] = firstFlag < 0 ? [given, []] : [given.slice(0, firstFlag), given.slice(firstFlag)]
const unknown = chosen.find((name) => !Object.hasOwn(experiments, name))
if (unknown !== undefined) {
  console.error(`reproduce: there is no experiment "${unknown}". Experiments: ${Object.keys(experiments).join(", ")}.`)
  process.exit(2)
}

const cli = new URL("../dist/cli/main.js", import.meta.url).pathname
const results = new URL("../docs/results/", import.meta.url)
mkdirSync(results, { recursive: true })

function row({ quantity, kind, value, unit, standardError, k, note }) {
  const error = standardError === undefined ? "" : ` ± ${standardError.toPrecision(2)}`
  const label = k === undefined ? kind : `${kind}, K = ${k}`
  return `| ${quantity} | ${kind === "bound" ? "≤ " : ""}${value.toPrecision(6)}${error} ${unit} | ${label} | ${note ?? ""} |`
}

/** What a command prints with --json. */
function eidos(args) {
  const { status, stdout } = spawnSync(process.execPath, [cli, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  })
  if (status !== 0) throw new Error(`reproduce: eidos ${args.join(" ")} ended with exit code ${status}.`)
  return JSON.parse(stdout)
}

for (const name of chosen.length > 0 ? chosen : Object.keys(experiments)) {
  const { title, aim } = experiments[name]
  const command = [...experiments[name].command, ...flags]
  const folder = mkdtempSync(join(tmpdir(), "eidos-reproduce-"))
  const load = loadavg()[0]
  const began = performance.now()
  const args = [...command, "--seed", "0", "--out", join(folder, "run"), "--json"]
  const trained = eidos(args)
  const wall = (performance.now() - began) / 1000
  const { steps, seconds } = trained
  const { measure } = experiments[name]
  const { estimates } = measure ? eidos(["evaluate", join(folder, "run"), ...measure, "--json"]) : trained
  const text = `# ${title}

${aim}

- Command: \`eidos ${command.join(" ")} --seed 0\`${measure ? `, then \`eidos evaluate RUN ${measure.join(" ")}\`` : ""} (\`npm run reproduce ${name}\`)
- Processor: ${cpus()[0].model}, ${cpus().length} cores; load average ${load.toFixed(2)} at the start
- Steps: ${steps}; training with validation ${seconds.toFixed(0)} s; everything, data and final evaluation included, ${wall.toFixed(0)} s
- Date: ${new Date().toISOString().slice(0, 10)}

Test split, the checkpoint that was best on validation:

| quantity | value | kind | |
|---|---|---|---|
${estimates.map(row).join("\n")}
`
  writeFileSync(new URL(`${name}.md`, results), text)
  process.stdout.write(text)
  rmSync(folder, { recursive: true, force: true })
}
