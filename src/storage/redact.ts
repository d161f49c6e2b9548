/** What a secret is replaced by. */
export const redacted = "[redacted]"

const secretWord =
  "token|secrets?|passwords?|passwd|passphrase|pwd|credentials?|auth|authorization|cookie|signature|sig|(?:api|access|private|secret)[-_.]?key"
const secretName = `[\\w.-]*(?:${secretWord})(?:[-_.][a-z0-9]+)*`

// `name=value`, `name: value` and `?name=value`, where the name says that the value is a secret.
const assignment = new RegExp(`(?<![\\w.-])(${secretName}["']?\\s*[=:]\\s*)(?:bearer\\s+|basic\\s+)?[^\\s&;,]+`, "gi")
const secretFlag = new RegExp(`^${secretName}$`, "i")
const credentialsInUrl = /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi
const bearer = /\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}/gi
// Tokens that services mark by a prefix, wherever they stand.
const knownToken = /\b(?:hf_|gh[pousr]_|github_pat_|glpat-|npm_|sk-|xox[abprs]-|AKIA|AIza)[A-Za-z0-9_-]{10,}/g

/** The text with anything that looks like a secret replaced, and each of `secrets` wherever it stands. */
export function redactText(text: string, secrets: readonly string[] = []): string {
  const known = secrets.filter((secret) => secret.length > 0).sort((a, b) => b.length - a.length)
  return known
    .reduce((rest, secret) => rest.replaceAll(secret, redacted), text)
    .replace(credentialsInUrl, `$1${redacted}@`)
    .replace(assignment, `$1${redacted}`)
    .replace(bearer, `$1 ${redacted}`)
    .replace(knownToken, redacted)
}

/** Command-line arguments without secrets: also the argument after a flag such as `--token` goes. */
export function redactArguments(argv: readonly string[], secrets: readonly string[] = []): string[] {
  return argv.map((argument, i) => (follows(argv[i - 1], argument) ? redacted : redactText(argument, secrets)))
}

const follows = (flag = "", argument: string): boolean =>
  flag.startsWith("-") && secretFlag.test(flag) && !argument.startsWith("--")
