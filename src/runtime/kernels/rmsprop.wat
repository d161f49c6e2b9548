;; RMSProp in place over flat memory, four floats at a time: v = v + w·(g² - v), p = p - a·g / (√v + e).
;; A mean of squares that has decayed below 1e-30 becomes zero: its root is far below e, and denormal numbers are slow.
;; Arguments: byte offsets of p, v, g (multiples of 16), number of floats (a multiple of 4), w, a, e.
(module
  (import "memory" "memory" (memory 1))
  (func (export "rmsprop")
    (param $p i32) (param $v i32) (param $g i32) (param $n i32)
    (param $w f32) (param $a f32) (param $e f32)
    (local $end i32)
    (local $tiny v128) (local $ws v128) (local $as v128) (local $es v128) (local $gradient v128) (local $second v128)
    (local.set $tiny (f32x4.splat (f32.const 1e-30)))
    (local.set $ws (f32x4.splat (local.get $w)))
    (local.set $as (f32x4.splat (local.get $a)))
    (local.set $es (f32x4.splat (local.get $e)))
    (local.set $end (i32.add (local.get $g) (i32.shl (local.get $n) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $g) (local.get $end)))
        (local.set $gradient (v128.load (local.get $g)))
        (local.set $second (v128.load (local.get $v)))
        (local.set $second
          (f32x4.add
            (local.get $second)
            (f32x4.mul
              (f32x4.sub (f32x4.mul (local.get $gradient) (local.get $gradient)) (local.get $second))
              (local.get $ws))))
        (local.set $second
          (v128.andnot (local.get $second) (f32x4.le (f32x4.abs (local.get $second)) (local.get $tiny))))
        (v128.store (local.get $v) (local.get $second))
        (v128.store (local.get $p)
          (f32x4.sub
            (v128.load (local.get $p))
            (f32x4.div
              (f32x4.mul (local.get $gradient) (local.get $as))
              (f32x4.add (f32x4.sqrt (local.get $second)) (local.get $es)))))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (local.set $g (i32.add (local.get $g) (i32.const 16)))
        (br $next)))))
