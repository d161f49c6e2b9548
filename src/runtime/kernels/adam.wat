;; Adam in place over flat memory, four floats at a time: M = β₁M + g, V = β₂V + g², p = p - a·M / (√V + e).
;; A moment that has decayed below 1e-30 becomes zero: denormal numbers cost a hundred times a normal one's cycles, and the
;; second moment, times 0.999, is rounded back to the least of them forever.
;; Arguments: byte offsets of p, m, v, g (multiples of 16), number of floats (a multiple of 4), β₁, β₂, a, e.
(module
  (import "memory" "memory" (memory 1))
  (func (export "adam")
    (param $p i32) (param $m i32) (param $v i32) (param $g i32) (param $n i32)
    (param $beta1 f32) (param $beta2 f32) (param $a f32) (param $e f32)
    (local $end i32) (local $gradient v128) (local $first v128) (local $second v128)
    (local $tiny v128) (local $b1 v128) (local $b2 v128) (local $rate v128) (local $epsilon v128)
    (local.set $tiny (f32x4.splat (f32.const 1e-30)))
    (local.set $b1 (f32x4.splat (local.get $beta1)))
    (local.set $b2 (f32x4.splat (local.get $beta2)))
    (local.set $rate (f32x4.splat (local.get $a)))
    (local.set $epsilon (f32x4.splat (local.get $e)))
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
        (local.set $gradient (v128.load (local.get $g)))
        (local.set $first
          (f32x4.add (f32x4.mul (v128.load (local.get $m)) (local.get $b1)) (local.get $gradient)))
        (local.set $first
          (v128.andnot (local.get $first) (f32x4.le (f32x4.abs (local.get $first)) (local.get $tiny))))
        (local.set $second
          (f32x4.add
            (f32x4.mul (v128.load (local.get $v)) (local.get $b2))
            (f32x4.mul (local.get $gradient) (local.get $gradient))))
        (local.set $second
          (v128.andnot (local.get $second) (f32x4.le (local.get $second) (local.get $tiny))))
        (v128.store (local.get $m) (local.get $first))
        (v128.store (local.get $v) (local.get $second))
        (v128.store (local.get $p)
          (f32x4.sub
            (v128.load (local.get $p))
            (f32x4.div
              (f32x4.mul (local.get $first) (local.get $rate))
              (f32x4.add (f32x4.sqrt (local.get $second)) (local.get $epsilon)))))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $m (i32.add (local.get $m) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (br $next)))))
