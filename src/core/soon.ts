/** A value at hand, or one to come: waiting for a value at hand costs as much as a small program. */
export type Soon<T> = T | Promise<T>

/** Goes on with a value, at once where it is at hand. */
export const after = <T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> =>
  value instanceof Promise ? value.then(next) : next(value)
