import { describe, expect, it } from "vitest"
import { describeEnvironment } from "./environment.ts"
import { redactArguments, redacted, redactText } from "./redact.ts"

const canary = "c4n4ry.Value-123"

describe("redaction removes", () => {
  it.each([
    ["--token", canary],
    ["--hub-token", canary],
    ["--hfToken", canary],
    ["--api-key", canary],
    ["--apiKey", canary],
    ["--password", canary],
    [`--token=${canary}`],
    [`token=${canary}`],
    [`HF_TOKEN=${canary}`],
    [`HUGGING_FACE_HUB_TOKEN=${canary}`],
    [`AWS_SECRET_ACCESS_KEY=${canary}`],
    ["--set", `hub.token=${canary}`],
    ["--set", `hub.apiKey="${canary}"`],
    [`--config={"token":"${canary}"}`],
    ["--header", `Authorization: Bearer ${canary}`],
    ["--header", `bearer ${canary}`],
    [`https://someone:${canary}@example.org/data.npz`],
    [`https://${canary}@example.org/data.npz`],
    [`https://someone:${canary}@@example.org/data.npz`],
    [`https://example.org/data?file=a&X-Amz-Signature=${canary}&x=1`],
    [`https://example.org/data?access_token=${canary}`],
    ["--note", `before hf_${canary.replace(/\W/g, "")}`],
  ])("the secret of %s %s", (...argv) => {
    const text = redactArguments(["eidos", ...argv, "--steps", "5"]).join(" ")
    expect(text).not.toMatch(/c4n4ry/)
    expect(text).toMatch(/^eidos .*--steps 5$/)
    expect(text).toContain(redacted)
  })

  it("a known value wherever it stands", () => {
    expect(redactText(`loading ${canary}/x`, ["", canary])).toBe(`loading ${redacted}/x`)
  })

  it("nothing from ordinary arguments", () => {
    const argv = [
      "train",
      "vae",
      "--tokenizer",
      "bytes",
      "--data",
      "https://example.org/a?b=c",
      "--set",
      "a.b=1",
      "--lr=1e-3",
      "--design=x",
      "--author",
      "me@example.org",
    ]
    expect(redactArguments(argv)).toEqual(argv)
  })
})

describe("describeEnvironment", () => {
  it("tells the machine and the command line, and no secret", () => {
    const versions = { eidos: "0.1.0", onnxruntime: "1.30.0", node: "20.19.0" }
    const environment = describeEnvironment({ argv: ["train", "--token", canary], versions })
    expect(environment).toMatchObject({ schemaVersion: 1, versions, argv: ["train", "--token", redacted] })
    expect(environment.processor).not.toBe("")
    expect(environment.memoryBytes).toBeGreaterThan(0)
    expect(JSON.stringify(environment)).not.toContain(canary)
  })
})
