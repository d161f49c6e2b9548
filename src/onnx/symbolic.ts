/**
 * The length a batch axis has while an exported program is traced. Symbolic tensors hold no numbers, so a large prime
 * costs nothing, and every length that is a multiple of it is known to be made of the batch axis.
 */
export const symbolicBatch = 1_000_003

export const isSymbolic = (length: number): boolean => length > 0 && length % symbolicBatch === 0
